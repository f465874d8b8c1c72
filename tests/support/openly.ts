/**
 * Registering as tests do that are about something else: whoever comes first has the name.
 *
 * @module
 */

/** What such a request says besides name and key. */
export const openly = { by: "server", registration: "open", invite: null } as const;
