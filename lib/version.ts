/**
 * The version of both programs.
 *
 * @module
 */

import config from "../deno.json" with { type: "json" };

/** Such as `0.1.0`, from deno.json, the one place where it stands. */
export const version: string = config.version;
