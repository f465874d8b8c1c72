/**
 * `parley`: the command line of the client, and nothing else.
 *
 * @module
 */

import { runClientCommand } from "./lib/client/cli.ts";

if (import.meta.main) await runClientCommand(Deno.args);
