import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { inviteLink, parseInvite } from "../../lib/identity/invite.ts";

const hex = (length: number) =>
  fc.uint8Array({ minLength: length, maxLength: length }).map((bytes) => bytes.toHex());

const host = fc.oneof(fc.domain(), fc.ipV4(), fc.ipV6());

const invite = fc.record({
  name: fc.option(fc.stringMatching(/^[a-z0-9._-]{1,32}$/)),
  hostname: host.filter((name) => name.length <= 253 && /^[\x20-\x7e]+$/.test(name)),
  port: fc.integer({ min: 1, max: 65_535 }),
  fingerprint: hex(32),
  token: fc.uint8Array({ minLength: 16, maxLength: 16 }),
});

Deno.test("property: parseInvite() gives back what inviteLink() wrote", () => {
  fc.assert(fc.property(invite, (given) => {
    const read = parseInvite(inviteLink(given), 1);
    assertEquals(read && { ...read, token: read.token.toHex() }, {
      ...given,
      hostname: given.hostname.toLowerCase(),
      token: given.token.toHex(),
    });
  }));
});

Deno.test("property: parseInvite() takes no link that was cut anywhere", () => {
  fc.assert(fc.property(invite, fc.nat(), (given, place) => {
    const link = inviteLink(given);
    const at = place % link.length;
    assertEquals(parseInvite(link.slice(0, at), 1), null);
    // Cut in front, it is no link; and nothing else of it is taken for one.
    assertEquals(parseInvite(link.slice(at + 1), 1), null);
  }));
});

Deno.test("property: parseInvite() takes a link with one character changed for another or none", () => {
  fc.assert(fc.property(invite, fc.nat(), fc.string({ minLength: 1 }), (given, place, unit) => {
    const link = inviteLink(given);
    const at = place % link.length;
    const changed = link.slice(0, at) + unit + link.slice(at + 1);
    const read = parseInvite(changed, 1);
    if (read) assertEquals(parseInvite(inviteLink(read), 1), read);
    // What opens the door is never another token than the one that stands there.
    const end = changed.trim().slice(-32).toLowerCase();
    if (read) assertEquals(read.token.toHex(), end);
  }));
});

Deno.test("property: parseInvite() never fails, and what it takes can be written", () => {
  fc.assert(fc.property(fc.oneof(fc.string({ unit: "binary" }), fc.webUrl()), (text) => {
    for (const one of [text, `parley://${text}`]) {
      const read = parseInvite(one, 7_667);
      assert(read === null || parseInvite(inviteLink(read), 1) !== null);
    }
  }));
});
