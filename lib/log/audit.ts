/**
 * What the log says about who may do what, as the operator is told it.
 *
 * @module
 */

/** One entry that let somebody in, kept somebody out, or gave somebody rights. */
export interface AuditLine {
  /** Its place in the log. */
  readonly lsn: number;
  /** Milliseconds since 1970-01-01 UTC. */
  readonly timeMs: number;
  /** What happened: the name of the entry's kind. */
  readonly what: string;
  /** The name of who did it; empty for the operator or the server itself. */
  readonly actor: string;
  /** The id of the device from which; 0 for none. */
  readonly device: number;
  /** The name of whom it is about; empty for nobody but the actor. */
  readonly whom: string;
  /** The name of the room; empty where it is about none. */
  readonly room: string;
  /** What else belongs to it, such as `role=admin`; its words are Parley's own. */
  readonly more: string;
  /** The reason that was given; not safe. */
  readonly reason: string;
}

/** A part of the log, read for the operator. */
export interface AuditPage {
  /** What was found in it, in order. */
  readonly lines: readonly AuditLine[];
  /** The last lsn that was looked at; 0 when there is no more. */
  readonly next: number;
}
