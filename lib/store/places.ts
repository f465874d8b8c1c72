/**
 * The audiences that are there on every server.
 *
 * @module
 */

import { lobbyId } from "../protocol/names.ts";
import { audienceKey, audienceKinds, roomAudience } from "../protocol/audience.ts";

/** The lobby's id: it is made by the log's first entry. */
export const lobbyRoom: number = lobbyId;

/** The lobby's key. */
export const lobbyKey: string = audienceKey(roomAudience(lobbyRoom));

/** The key of the admins' audience: who is in it, stands in `spans` as for a room. */
export const adminsKey: string = audienceKey([audienceKinds.admins]);
