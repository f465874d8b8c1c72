import { assertEquals } from "@std/assert";
import {
  inviteLink,
  inviteLinkLengthMax,
  parseInvite,
  tokenHash,
} from "../../lib/identity/invite.ts";

const fingerprint = "0123456789abcdef".repeat(4);
const token = Uint8Array.from({ length: 16 }, (_, at) => at);
const tail = `${fingerprint}#000102030405060708090a0b0c0d0e0f`;
const link = `parley://chat.example:7667/${tail}`;

Deno.test("parseInvite() reads server, fingerprint and token", () => {
  const invite = { name: null, hostname: "chat.example", port: 7667, fingerprint, token };
  assertEquals(parseInvite(link, 1), invite);
  assertEquals(inviteLink(invite), link);
});

const good: readonly (readonly [string, string, number])[] = [
  [`parley://chat.example/${tail}`, "chat.example", 99],
  [`parley://192.0.2.1:1/${tail}`, "192.0.2.1", 1],
  [`parley://[::1]:65535/${tail}`, "::1", 65_535],
  [`parley://[2001:DB8::1]/${tail}`, "2001:db8::1", 99],
  [`parley://a/${tail}`, "a", 99],
  [`parley://my_pc.lan:80/${tail}`, "my_pc.lan", 80],
  [`  PARLEY://Chat.Example:7667/${tail.toUpperCase()}\n`, "chat.example", 7_667],
  [`parley://${"a".repeat(253)}:65535/${tail}`, "a".repeat(253), 65_535],
];

for (const [text, hostname, port] of good) {
  Deno.test(`parseInvite() reads ${text.trim().slice(0, 40)}`, () => {
    const { token: read, ...rest } = parseInvite(text, 99)!;
    assertEquals(rest, { name: null, hostname, port, fingerprint });
    assertEquals(read, token);
  });
}

Deno.test("parseInvite() takes a link out of the rows and the frame in which a screen showed it", () => {
  const rows = link.match(/.{1,40}/g)!.map((row) => `                  │   ${row} │`);
  assertEquals(parseInvite(rows.join("\n"), 1)?.token, token);
  assertEquals(parseInvite(rows.slice(1).join("\n"), 1), null, "not all of it");
  assertEquals(parseInvite(`lobby ${rows.join("\n")}`, 1), null, "nor more");
});

Deno.test("a link with a name before the server is for a device of that user", () => {
  const named = link.replace("://", "://al-1.x_@");
  const invite = { name: "al-1.x_", hostname: "chat.example", port: 7667, fingerprint, token };
  assertEquals(parseInvite(named, 1), invite);
  assertEquals(inviteLink(invite), named);
  assertEquals(parseInvite(link.replace("://", "://Alice@"), 1)?.name, "alice");
  for (const no of ["@", "a b@", "a@b@", `${"a".repeat(33)}@`, "é@", "a:b@"]) {
    assertEquals(parseInvite(link.replace("://", `://${no}`), 1), null, no);
  }
});

const bad: Readonly<Record<string, string>> = {
  "nothing": "",
  "another scheme": link.replace("parley", "https"),
  "no scheme": link.slice("parley://".length),
  "no host": `parley://:7667/${tail}`,
  "a port alone": `parley://7667/${tail}`,
  "port 0": link.replace("7667", "0"),
  "a port above 65535": link.replace("7667", "65536"),
  "a port with a sign": link.replace("7667", "+80"),
  "a port with a zero in front": link.replace("7667", "07667"),
  "an empty port": link.replace(":7667", ":"),
  "a name and a password": link.replace("chat", "al:pw@chat"),
  "a host with a space": link.replace("chat.", "chat "),
  "a host with a letter that is no ASCII": link.replace("chat", "ch\u0430t"),
  "a host that becomes ASCII when it is made small": link.replace("chat", "\u212a"),
  "a host of 254 characters": `parley://${"a".repeat(254)}/${tail}`,
  "an option for a host": link.replace("chat", "-chat"),
  "brackets around a name": link.replace("chat.example", "[chat.example]"),
  "brackets around no address": link.replace("chat.example", "[:::]"),
  "a short fingerprint": link.replace("0123", "012"),
  "a long fingerprint": link.replace("0123", "01234"),
  "a fingerprint that is no hex": link.replace("0123", "012g"),
  "a path": link.replace("/0123", "/x/0123"),
  "a question": link.replace("#", "?x#"),
  "no token": link.slice(0, link.indexOf("#") + 1),
  "a short token": link.slice(0, -1),
  "a long token": `${link}0`,
  "a second link behind it": `${link} ${link}`,
  "an escape sequence": `\x1b[2J${link}`,
  "a token with dashes": link.replace("0001", "00-1"),
};

for (const [what, text] of Object.entries(bad)) {
  Deno.test(`parseInvite() does not take ${what}`, () => assertEquals(parseInvite(text, 99), null));
}

Deno.test("parseInvite() does not look at more than a link can be long", () => {
  assertEquals(parseInvite(link.padEnd(8 * inviteLinkLengthMax), 1)?.hostname, "chat.example");
  assertEquals(parseInvite(link.padEnd(8 * inviteLinkLengthMax + 1), 1), null);
  const host = (length: number) => link.replace("chat.example", "a".repeat(length));
  assertEquals([parseInvite(host(254), 1), parseInvite(host(500), 1)], [null, null]);
  const longest = {
    name: "a".repeat(32),
    hostname: "a".repeat(253),
    port: 65_535,
    fingerprint,
    token,
  };
  assertEquals(inviteLink(longest).length < inviteLinkLengthMax, true);
});

Deno.test("tokenHash() is SHA-256", () => {
  const known = "374708fff7719dd5979ec875d56cd2286f6d3cf7ec317a3b25632aab28ec37bb";
  assertEquals(tokenHash(new Uint8Array(16)).toHex(), known);
});
