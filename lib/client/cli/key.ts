/**
 * `parley key` on the command line.
 *
 * @module
 */

import { Argument, Command } from "@commander-js/extra-typings";
import { safeText } from "../../safe_text.ts";
import { systemRandom } from "../../seams.ts";
import { deviceKeyPath } from "../data_folder.ts";
import { keyActions, runKeyCommand } from "../key_command.ts";
import { file } from "./arguments.ts";
import { adopt, type CliHost } from "./host.ts";
import { orStop, whoseFolder } from "./opening.ts";

const examples = `
Examples:
  parley key seal                                  asks for a new passphrase, twice
  parley key seal --new-passphrase-file pass.txt   takes the first line of a file
  parley key unseal

A sealed key needs its passphrase at each start: at a terminal it is asked for, a script gives
--passphrase-file.`;

/**
 * Adds the command.
 *
 * @param host gets it
 * @example
 * ```ts ignore
 * addKeyCommand(program);
 * ```
 */
export function addKeyCommand(host: CliHost): void {
  const command = new Command("key")
    .description("seal this device's key with a passphrase, or unseal it")
    .addArgument(new Argument("<action>", "what to do").choices(keyActions))
    .addHelpText("after", examples)
    .option("--new-passphrase-file <file>", "what to seal it with, instead of asking", file)
    .action((action, { newPassphraseFile }) => {
      const { passphraseFile } = host.opts();
      const { base, server, name } = whoseFolder(host);
      const path = deviceKeyPath(base, name, server);
      const files = { passphraseFile, newPassphraseFile };
      const done = orStop(() => runKeyCommand(action, path, files, systemRandom)) ??
        host.error(
          "error: not sealed: no passphrase, or not twice the same. At a terminal it is asked for; " +
            "anywhere else give --new-passphrase-file",
        );
      console.log(safeText(done));
    });
  adopt(host, command);
}
