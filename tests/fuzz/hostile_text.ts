/**
 * Texts that try to act on a terminal, to hide, to be wider than they look, or to look like others'.
 *
 * @module
 */

import type { SeededRandom } from "../support/random.ts";

/** Introducers of sequences in 7 bits, and as one character each. */
const csi = ["\x1b[", "\x9b"];
const osc = ["\x1b]", "\x9d"];
/** DCS, APC, PM, SOS. */
const strings = ["\x1bP", "\x90", "\x1b_", "\x9f", "\x1b^", "\x9e", "\x1bX", "\x98"];
const ends = ["\x07", "\x1b\\", "\x9c", "", "\x18"];

const csiBodies = ["2J", "H", "1;1H", "31m", "38;5;1m", "0m", "c", ">c", "=c", "5n", "6n", "?6n"]
  .concat(["?25l", "?1049h", "?2004l", "?1000h", "4h", "20h", "3g", "2K", "99A", "99D", "99C", "J"])
  .concat([
    "10;20r",
    "!p",
    "?1$p",
    "18t",
    "21t",
    "14t",
    "22t",
    "8;5;5t",
    "99L",
    "99M",
    "99S",
    "99T",
  ])
  .concat(["1 q", '"q', "99b", "s", "u", ">4;1m", "?1u", "99@", "99P", "99X", "x", "y", "i", "5i"]);
const oscBodies = ["0;title", "1;icon", "2;title", "4;1;#ff0000", "4;1;?", "7;file:///etc/passwd"]
  .concat(["8;;http://x.invalid/", "9;note", "10;?", "10;#ffffff", "11;?", "11;#000000", "12;red"])
  .concat(["50;font", "52;c;aGFybQ==", "52;c;?", "52;p;aGFybQ==", "104", "110", "112", "133;A"])
  .concat(["777;notify;a;b", "1337;File=name=eA==:eA==", "1337;SetUserVar=a=b", "99;;x", "555;x"]);
const stringBodies = [
  "$qm",
  "+q544e",
  "0;1|17/6162",
  "q#0;2;0;0;0~",
  "Ga=q;AAAA",
  "text",
  "tmux;x",
];

const hidden = ["\u202a", "\u202b", "\u202c", "\u202d", "\u202e", "\u2066", "\u2067", "\u2068"]
  .concat([
    "\u2069",
    "\u200e",
    "\u200f",
    "\u061c",
    "\u200b",
    "\u2060",
    "\ufeff",
    "\u00ad",
    "\u180e",
  ])
  .concat([
    "\u2028",
    "\u2029",
    "\u0085",
    "\u034f",
    "\u115f",
    "\u1160",
    "\u3164",
    "\uffa0",
    "\u17b4",
  ])
  .concat([
    "\u{e0001}",
    "\u{e0041}",
    "\u{e007f}",
    "\ufff9",
    "\ufffb",
    "\ufffe",
    "\uffff",
    "\u{1d173}",
  ])
  .concat(["\u206a", "\u206f", "\u{1fffe}", "\u{10ffff}", "\u{e000}", "\u{f0000}"]);
const joiners = ["\u200d", "\u200c", "\ufe0e", "\ufe0f", "\ufe00", "\u{e0100}", "\u{e01ef}"];
const marks = ["\u0301", "\u0300", "\u0489", "\u20dd", "\u20e3", "\u0e33", "\u0e31", "\u0f71"]
  .concat(["\u093f", "\u0bcb", "\u302a", "\u3099", "\u1ab0", "\u{1e8d0}", "\u0898", "\u1dfa"])
  .concat([
    "\u{11f00}",
    "\u{1e4ec}",
    "\u0ecd",
    "\u{16ff0}",
    "\u064b",
    "\u094d",
    "\u0e3a",
    "\u05b0",
  ]);
const wide = [
  "漢",
  "字",
  "한",
  "ｆ",
  "Ｗ",
  "。",
  "😀",
  "👩",
  "👧",
  "🏽",
  "🏻",
  "🇩",
  "🇪",
  "🫠",
  "🪿",
]
  .concat(["🩷", "\u{20000}", "\u{31350}", "ᄀ", "가", "ᆨ", "\ua960", "\u{1f004}", "☕", "⌚", "⬛"])
  .concat(["🧑‍🧑‍🧒", "👩‍👧", "🏴\u{e0067}\u{e0062}\u{e007f}", "❤️", "❤️‍🔥", "1️⃣", "#️⃣", "☺️", "™️", "ℹ️"])
  .concat([
    "〰",
    "〽",
    "㊗",
    "\u4dc0",
    "\u2630",
    "\u{1d300}",
    "\u{1b132}",
    "\u{18cff}",
    "\u{16fe4}",
  ]);
const odd = [
  "ﷺ",
  "𒐫",
  "꧅",
  "⸻",
  "—",
  "…",
  "ا",
  "ש",
  "क",
  "क्ष",
  "நி",
  "ำ",
  "၀",
  "ཱ",
  "𐎠",
  "¡",
  "±",
  "Ω",
]
  .concat([
    "\u{1f1e6}",
    "\u{2ffff}",
    "\u3000",
    "\u00a0",
    "\u2003",
    "\u1680",
    "ab",
    " ",
    "  ",
    ". ",
  ]);
const forged = [
  "\n",
  "\r",
  "\r\n",
  "\t",
  "\b",
  "\v",
  "\f",
  "\0",
  "\x7f",
  "\x0e",
  "\x0f",
  "\x05",
  "\x1a",
]
  .concat(["\nalice: yes", "\r12:05  lobby  alice: yes", "-- 2026-01-31 --", "> ", "! not sent: "])
  .concat([
    "\ud800",
    "\udfff",
    "\udc9b[2J",
    "\x1b",
    "\x1b\x1b[",
    "\x1bc",
    "\x1b7",
    "\x1b8",
    "\x1bD",
  ])
  .concat([
    "\x1bM",
    "\x1b#8",
    "\x1b(0",
    "\x1b%G",
    "\x1b=",
    "\x1b>",
    "\x1bZ",
    "\x1bN",
    "\x8d",
    "\x84",
  ]);

type Piece = (random: SeededRandom) => string;

const pieces: readonly Piece[] = [
  (random) => random.pick(csi) + random.pick(csiBodies),
  (random) => `${random.pick(csi)}${random.below(100)};${random.below(100)}${letter(random)}`,
  (random) => random.pick(osc) + random.pick(oscBodies) + random.pick(ends),
  (random) => random.pick(strings) + random.pick(stringBodies) + random.pick(ends),
  (random) => random.pick(hidden).repeat(1 + random.below(3)),
  (random) => random.pick(joiners).repeat(1 + random.below(4)),
  (random) => random.pick(marks).repeat(1 + random.below(12)),
  (random) => random.pick(wide).repeat(1 + random.below(3)),
  (random) => random.pick(odd),
  (random) => random.pick(forged),
  (random) => "wort ".repeat(random.below(5)),
  (random) =>
    `${random.pick(["x", "漢", "é", "https://x.invalid/", "😀"])}`.repeat(random.below(60)),
  (random) => String.fromCodePoint(random.below(0x11_0000)),
  (random) => String.fromCodePoint(random.below(0x3000)).repeat(1 + random.below(3)),
  (random) => String.fromCodePoint(0x1_f000 + random.below(0x1000)),
];

function letter(random: SeededRandom): string {
  return String.fromCharCode(0x40 + random.below(0x3f));
}

/** @returns a text of a number of pieces, of which any may be there to harm */
export function hostileText(random: SeededRandom, piecesMax: number): string {
  return Array.from({ length: random.below(piecesMax + 1) }, () => random.pick(pieces)(random))
    .join("");
}
