/**
 * `parleyd`: the command line of the server, and nothing else.
 *
 * @module
 */

import { runServerCommand } from "./lib/server/command.ts";

if (import.meta.main) await runServerCommand(Deno.args);
