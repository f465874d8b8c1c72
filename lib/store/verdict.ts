/**
 * What a decision about an action is.
 *
 * @module
 */

import type { Code } from "../errors.ts";
import type { EntryContent } from "../log/entry_kinds.ts";
import type { DeviceRequest, Submission } from "../log/submission.ts";
import type { ActionName } from "../protocol/actions.ts";
import type { Audience } from "../protocol/audience.ts";
import type { Action } from "../protocol/codec.ts";
import type { Tables } from "./tables.ts";

/** What an action becomes. */
export interface Verdict {
  /** Whom the entry is meant for. */
  readonly audience: Audience;
  /** What it says. */
  readonly content: EntryContent;
}

/** Decides about one kind of action: what it becomes, or the code of a final refusal. */
export type Decider<N extends ActionName> = (
  tables: Tables,
  request: Submission<DeviceRequest>,
  action: Action<N>,
  lsn: number,
) => Verdict | Code;
