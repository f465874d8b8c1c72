/**
 * What the server tells besides entries: answers to questions, presence, receipts. Each packet's
 * row says what becomes of it.
 *
 * @module
 */

import type { Packet } from "../protocol/codec.ts";
import type { PacketName } from "../protocol/packets.ts";
import type { ClientEvent, RecipientState } from "./events.ts";
import { takePast } from "./history.ts";
import type { Mailbox } from "./mailbox.ts";
import type { MailboxStore } from "./mailbox_store.ts";
import type { Receipts } from "./receipts.ts";
import type { Requests } from "./requests.ts";

/** What answers are put into. */
export interface AnswerContext {
  /** Names and rooms. */
  readonly mailbox: Mailbox;
  /** Pages of history. */
  readonly store: MailboxStore;
  /** What was asked. */
  readonly requests: Requests;
  /** How far own messages have come. */
  readonly receipts: Receipts;
}

/** Takes a packet, and tells what came of it. */
type AnswerRule<N extends PacketName> = (
  context: AnswerContext,
  packet: Packet<N>,
) => ClientEvent[];

const states: readonly RecipientState["state"][] = ["sent", "delivered", "read"];

/**
 * A rule for each such packet.
 *
 * @see docs/PROTOCOL.md, section "Lists and presence"
 */
const answerRules: { readonly [N in PacketName]?: AnswerRule<N> } = {
  roomList({ mailbox, requests }, packet) {
    const answers = requests.roomList(packet);
    for (const answer of answers) if (answer.kind === "rooms") mailbox.learn(answer.rooms);
    return answers;
  },
  memberList: ({ requests }, packet) => requests.memberList(packet),
  presence: (_, { room, present, changes }) => [{ kind: "presence", room, present, changes }],
  past({ store, mailbox, requests, receipts }, packet) {
    const asked = requests.answered(packet.request, "history");
    if (!asked) return [];
    const page = takePast(store, mailbox.latest, asked.room, asked.before, packet);
    if (page) receipts.stored(page);
    return [{ kind: "past", room: asked.room, code: packet.code }];
  },
  found: ({ mailbox, requests }, packet) =>
    requests.found(packet, (entry) => !mailbox.shown({ entry, row: null }).isHidden),
  receipt: ({ receipts }, { lsn, recipients, delivered, read }) =>
    receipts.told([{ lsn, recipients, delivered, read }], false),
  receiptList({ requests, receipts }, packet) {
    if (!requests.answered(packet.request, "receipts")) return [];
    const told = packet.receipts.map(([lsn, recipients, delivered, read]) => (
      { lsn, recipients, delivered, read }
    ));
    return receipts.told(told, true);
  },
  deviceList({ mailbox, requests }, { request, code, devices }) {
    const asked = requests.answered(request, "devices");
    if (!asked) return [];
    const listed = devices.map(([device, addedMs, seenMs, shut, connected]) => (
      { device, addedMs, seenMs, shut, connected, own: device === mailbox.device }
    ));
    return [{ kind: "devices", user: asked.user, code, devices: listed }];
  },
  infoList({ requests }, packet) {
    const asked = requests.answered(packet.request, "info");
    if (!asked) return [];
    const told = packet.states.map(([, name, state, sinceMs]) => ({
      name,
      state: states[state] ?? "sent",
      sinceMs,
    }));
    return [{ kind: "info", lsn: asked.lsn, code: packet.code, states: told }];
  },
};

/**
 * Makes rules of a conversation for these packets: only their events concern it.
 *
 * @param phases in which they may come
 * @param tell runs the rule on a conversation's context, and tells the events
 * @returns a rule for each packet
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { answersAs } from "./answers.ts";
 * assertEquals(answersAs(["open"], () => {}).past?.phases, ["open"]);
 * ```
 */
export function answersAs<Phase, Own>(
  phases: readonly Phase[],
  tell: (own: Own, take: (context: AnswerContext) => ClientEvent[]) => void,
): {
  readonly [name: string]: {
    readonly phases: readonly Phase[];
    readonly handle: (own: Own, packet: Packet) => void;
  };
} {
  const rules = Object.entries(answerRules).map(([name, rule]) => {
    const take = rule as (context: AnswerContext, packet: Packet) => ClientEvent[];
    const handle = (own: Own, packet: Packet) => tell(own, (context) => take(context, packet));
    return [name, { phases, handle }] as const;
  });
  return Object.fromEntries(rules);
}
