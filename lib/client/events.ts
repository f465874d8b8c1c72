/**
 * What a connection tells whoever shows it: the one list that all modes handle.
 *
 * @module
 */

import type { Entry } from "../log/entry.ts";
import type { TalkAudience } from "../protocol/audience.ts";
import type { SafeText } from "../safe_text.ts";
import type { Receipt } from "./receipt_store.ts";
import type { Answered, OutboxRow } from "./outbox_store.ts";
import type { SearchQuery } from "./search_query.ts";

/** Where an entry belongs, in words. */
export type Place =
  | { readonly kind: "room"; readonly name: string }
  | { readonly kind: "direct"; readonly other: string }
  /** Meant for this device or this user alone. */
  | { readonly kind: "own" };

/** A room or direct that this device knows of. */
export interface KnownRoom {
  /** As packets name it. */
  readonly room: TalkAudience;
  /** As people do; null for a direct, and while nobody has told it. */
  name: string | null;
  /** Whether this user is a member. */
  member: boolean;
}

/** The server can't take what is asked for now: its disk is full. */
export interface Delayed {
  /** Tells it from other events. */
  readonly kind: "delayed";
}

/** An entry with the names that its numbers stand for. */
export interface ShownEntry {
  /** The entry as it came. */
  readonly entry: Entry;
  /** The name of who did it; empty for the server itself. */
  readonly user: string;
  /** Whether it is of this client's user. */
  readonly own: boolean;
  /** Where it belongs. */
  readonly place: Place;
  /** The outbox row that became it, where this process asked for it and still knows. */
  readonly row: OutboxRow | null;
  /** The name of whom it is about, such as who was kicked; null where it is about nobody. */
  readonly about: string | null;
  /** Whether it is of somebody whom this user has blocked. */
  readonly isHidden: boolean;
}

/** A room in the answer to `/rooms`. */
export interface ListedRoom {
  /** The room, as packets name it. */
  readonly room: TalkAudience;
  /** Its name, as people do. */
  readonly name: string;
  /** How many members it has. */
  readonly members: number;
  /** Whether one is a member oneself. */
  readonly member: boolean;
}

/** A member in the answer to `/who`. */
export interface ListedMember {
  /** The user's name. */
  readonly name: string;
  /** Whether the user is connected. */
  readonly present: boolean;
}

/** A device in the answer to `/devices`. */
export interface ShownDevice {
  /** Its id. */
  readonly device: number;
  /** When it was added; milliseconds since 1970-01-01 UTC. */
  readonly addedMs: number;
  /** When it was last heard of, about; milliseconds since 1970-01-01 UTC, 0 where that is unknown. */
  readonly seenMs: number;
  /** 0, or the wire code of why it is not let in. */
  readonly shut: number;
  /** Whether it is connected. */
  readonly connected: boolean;
  /** Whether it is this one. */
  readonly own: boolean;
}

/** How far a message has come to one recipient. */
export interface RecipientState {
  /** The user's name. */
  readonly name: string;
  /** Whether a device of the user has it, or the user has read it and tells so. */
  readonly state: "sent" | "delivered" | "read";
  /** Since when; milliseconds since 1970-01-01 UTC, 0 where it is not known. */
  readonly sinceMs: number;
}

/** The answer to `/info`. */
export interface InfoAnswer {
  /** The message's place in the log. */
  readonly lsn: number;
  /** 0, or the wire code of why there is no answer. */
  readonly code: number;
  /** Of each recipient. */
  readonly states: readonly RecipientState[];
}

/** Why a conversation ended. */
export interface Ending {
  /** Whether to connect again. */
  readonly again: boolean;
  /** The program's exit code, where it is final. */
  readonly exitCode: number;
  /** For the person at the screen, with what to do next. */
  readonly why: SafeText;
  /** The wire code, where the server gave one. */
  readonly code?: number;
}

/** What came of a connection, in order. */
export type ClientEvent =
  | { readonly kind: "entry"; readonly shown: ShownEntry }
  | { readonly kind: "answered"; readonly answered: Answered }
  /** A snapshot begins; with another reason than 0, what was held before is dropped. */
  | { readonly kind: "snapshot"; readonly reason: number }
  /** Everything up to the head of a moment ago has come. */
  | { readonly kind: "caughtUp" }
  /** This user became a member of a room whose name nobody has told yet. */
  | { readonly kind: "nameless" }
  | { readonly kind: "rooms"; readonly rooms: readonly ListedRoom[] }
  | {
    readonly kind: "members";
    readonly room: string;
    /** 0, or the wire code of why there is no answer. */
    readonly code: number;
    readonly members: readonly ListedMember[];
  }
  | {
    readonly kind: "devices";
    /** Whose; empty for one's own. */
    readonly user: string;
    /** 0, or the wire code of why there is no answer. */
    readonly code: number;
    readonly devices: readonly ShownDevice[];
  }
  | {
    readonly kind: "presence";
    readonly room: TalkAudience;
    readonly present: number;
    readonly changes: readonly (readonly [user: number, present: boolean])[];
  }
  /** A page of history is in the mailbox. */
  | {
    readonly kind: "past";
    readonly room: TalkAudience;
    /** 0, or the wire code of why there is no answer. */
    readonly code: number;
  }
  /** What the server has found: the latest messages, ascending, and whether there are more. */
  | {
    readonly kind: "found";
    readonly query: SearchQuery;
    readonly countMax: number;
    readonly entries: readonly Entry[];
    readonly more: boolean;
  }
  /** How far an own message has come, where that is news. */
  | { readonly kind: "receipt"; readonly receipt: Receipt }
  | { readonly kind: "info" } & InfoAnswer
  /** What was asked through another program gets no answer: that one has no connection. */
  | { readonly kind: "unanswered" }
  | { readonly kind: "firstContact"; readonly fingerprint: string }
  /** The server can't take anything for now. */
  | Delayed
  | { readonly kind: "open" }
  /** Another program of the same mailbox has the connection: this one sends and shows through it. */
  | { readonly kind: "follows" }
  | { readonly kind: "lost"; readonly why: SafeText; readonly pauseMs: number }
  | { readonly kind: "ended"; readonly ending: Ending };
