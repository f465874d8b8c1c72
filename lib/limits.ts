/**
 * Every bound of Parley in one place: its value, its unit and why it is what it is. What a client
 * has to know of them is told in `welcome`.
 *
 * @module
 */

/**
 * The bounds that both programs and the protocol share. Names carry the unit.
 *
 * @see docs/PROTOCOL.md, section "Limits"
 */
export const limits = {
  /** Bytes of a frame's payload: a message of 8 KiB fits eight times, and one frame is cheap to hold. */
  frameBytesMax: 64 * 1024,
  /** Bytes of a payload before login: nobody unknown makes the server hold more. */
  frameBytesMaxBeforeLogin: 2 * 1024,
  /** UTF-8 bytes of a message's text. */
  textBytesMax: 8 * 1024,
  /** Characters (ASCII) of a user's or a room's name. */
  nameLengthMax: 32,
  /** Submissions of one device that may wait for `accepted`. */
  windowCountMax: 64,
  /** Bytes of frames of one device's submissions that may wait for `accepted`. */
  windowBytesMax: 64 * 1024,
  /** Entries that a feed may be ahead of what its device acknowledged; also a page's size. */
  creditEntriesMax: 1_024,
  /** Bytes that a feed may be ahead of what its device acknowledged; also a page's size. */
  creditBytesMax: 256 * 1024,
  /** Entries after which a device acknowledges at the latest. */
  ackEntries: 256,
  /** Bytes of entries after which a device acknowledges at the latest. */
  ackBytes: 64 * 1024,
  /** Milliseconds after which a device acknowledges at the latest. */
  ackDelayMs: 200,
  /**
   * Milliseconds between two acknowledgements of less than `ackFewEntries` under TLS, where they are
   * sent at once otherwise. The server can't switch Nagle's algorithm off there: until something
   * comes back, what it writes next waits, and a kernel by itself takes up to 40 ms to answer.
   */
  ackGapTlsMs: 2,
  /** Entries that are more than a few: they fill packets, and those wait for nothing. */
  ackFewEntries: 8,
  /** Entries of each room that a new device is given. */
  snapshotEntriesPerRoom: 50,
  /** Users or rooms in one answer; the rest comes in further pages. */
  listPageMax: 200,
  /** Entries in one answer to `history`: about a screen, so that scrolling back asks seldom. */
  historyEntriesMax: 50,
  /** Words and phrases that one search may ask for together. */
  searchTermsMax: 8,
  /** Bytes of one of them, at most as many words: more is no question that somebody types. */
  searchTermBytesMax: 96,
  /** Entries of the log that the index of words takes at once: some ms, for which nobody waits. */
  wordsStepEntries: 256,
  /** Such steps before an answer: what has come just now is found, and who asks waits for little. */
  wordsStepsMax: 16,
  /** Milliseconds between two looks at whether the log has grown. */
  wordsLookMs: 1_000,
  /** Questions of one connection that may wait for their answer, one `history` among them. */
  listRequestsMax: 8,
  /** Messages of which one packet may ask receipts, and which one connection may follow. */
  receiptsMax: 64,
  /** Own messages to single users of which a connection is told receipts without asking. */
  ownDirectsMax: 256,
  /** Steps of a device's cursor that are kept, to tell since when it has an entry. */
  cursorStepsMax: 1_000,
  /** Ranges of one room or direct that are kept of what a device stored beyond its cursor. */
  storedRangesMax: 64,
  /** Milliseconds between two writes of cursors and read marks: receipts are as much late. */
  marksMs: 1_000,
  /** Cursors and marks in one transaction: entries that wait for their own stand behind one. */
  marksBatchMax: 128,
  /** Rooms and directs of which a user may have read marks, or a device ranges, unwritten. */
  marksOfOneMax: 600,
  /** Members that one answer about receipts looks at before it lets others ask. */
  receiptRowsMax: 4_096,
  /** Rooms of which one device may watch who is present. */
  watchRoomsMax: 16,
  /** Members above which presence is told as a count and no longer by name. */
  presenceMembersMax: 200,
  /** Milliseconds between two `presence` or two live `upto` packets of one feed. */
  tickMs: 1_000,
  /** Ticks after which a quiet feed is told `upto`, so that its cursor does not stay far behind. */
  quietUptoTicks: 20,
  /** Milliseconds from accept to a completed login. */
  loginMs: 5_000,
  /** Milliseconds from accept to the end of the TLS handshake. */
  tlsHandshakeMs: 5_000,
  /** Connections that are shaking hands; when another comes, one of its own origin goes first. */
  tlsHandshakesMax: 1_024,
  /**
   * Connections whose handshake has not ended, those that were given up included. The runtime can't
   * close these: while there are so many, nobody more is taken, and the memory stays bounded.
   */
  tlsUnshakenMax: 8_192,
  /** Days that a certificate holds: long enough that a server which was off keeps the one it had. */
  certificateDays: 90,
  /** Days before its end at which a certificate is replaced. */
  certificateRenewDays: 30,
  /** Days before it was made from which a certificate holds: clocks differ. */
  certificateEarlyDays: 7,
  /** Milliseconds between two looks whether the certificate is due. */
  certificateLookMs: 3_600_000,
  /** Milliseconds for the rest of a frame that has begun. */
  frameMs: 10_000,
  /** Milliseconds without a byte from the other side after which a ping is sent. */
  pingAfterMs: 20_000,
  /** Milliseconds without a byte from the other side after which the link counts as dead. */
  deadAfterMs: 45_000,
  /** Milliseconds that a device may owe an acknowledgement without any progress. */
  stallMs: 60_000,
  /** Milliseconds that a closing connection has to take what was said last. */
  lingerMs: 1_000,
  /** Bytes that a connection reads at a time, at most; it keeps a buffer of as much as it needed. */
  readBytesMax: 64 * 1024,
  /** Bytes that may wait to be written to one connection, beyond one page of entries. */
  answerBytesMax: 192 * 1024,
  /** Connections of the operator at a time. */
  adminConnectionsMax: 4,
  /** Bytes of a question of the operator, and of one line of the answer. */
  adminLineBytesMax: 64 * 1024,
  /** Milliseconds that a question of the operator may take, answer included. */
  adminMs: 60_000,
  /** Messages that one answer to the operator tells; others are counted. */
  adminMessagesMax: 200,
  /** Users that may come in with one invite: a link that goes to more of them is known to anybody. */
  inviteUsesMax: 1_000,
  /** Milliseconds that an invite may count: who forgets one leaves no door open for longer. */
  inviteLifeMsMax: 366 * 86_400_000,
  /** Connections that are logged in. */
  connectionsMax: 8_000,
  /** Connections of one user that are logged in. */
  connectionsPerUserMax: 8,
  /** Entries that the log's index may be behind it, which who looks for one has to look through. */
  indexLagMax: 2_048,
  /** Submissions in one transaction. */
  batchCountMax: 1_024,
  /** Bytes of submissions in one transaction. */
  batchBytesMax: 1024 * 1024,
  /** Rooms that one user may be a member of: each is looked at for each page that the user reads. */
  roomsPerUserMax: 500,
  /** Devices of one user that are let in: a list of them is one packet. */
  devicesPerUserMax: 32,
  /** Milliseconds that a code for a device counts at most: it is used where it is shown. */
  deviceCodeLifeMsMax: 24 * 3_600_000,
  /** Bytes of the log that one user may take: a flooder can't fill the disk for all. */
  userBytesMax: 1024 * 1024 * 1024,
  /** Users that one user may block: all of them go out with one packet of a snapshot. */
  blocksPerUserMax: 200,
  /** Bytes of the reason that a moderator gives. */
  reasonBytesMax: 200,
  /** Bytes of submissions that may wait for the log, of all devices together. */
  queueBytesMax: 32 * 1024 * 1024,
  /** Connections that have not logged in: a login takes a moment, so few are open at a time. */
  strangersMax: 64,
  /** Connections without login from which on chance ends one when another comes. */
  strangersDropFrom: 32,
  /** Connections without login of one address; those that are logged in don't count. */
  strangersPerAddressMax: 8,
  /** Failed logins of one address a minute; further ones cost growing pauses who is new there. */
  loginFailuresMax: 5,
  /** Milliseconds after which a failed login no longer counts. */
  loginFailureMs: 60_000,
  /** Milliseconds of the first pause of an address; each is twice the one before. */
  pauseFirstMs: 1_000,
  /** Milliseconds of a pause at most: others may be behind the same address. */
  pauseMsMax: 60_000,
  /** Addresses whose failed logins are kept; the oldest is forgotten first. */
  failedAddressesMax: 4_096,
  /** Submissions that a user may send at once after a while of silence. */
  messagesBurst: 20,
  /** Submissions of a user a second, of all devices together; what comes sooner waits. */
  messagesPerSecond: 5,
  /** Pages of history that one connection is given a second; who asks sooner waits. */
  historyPerSecond: 10,
  /**
   * Bytes that one connection may hold for longer than a moment: its credit and its window. More,
   * such as answers besides, is for who reads.
   */
  connectionBytesMax: 320 * 1024,
  /** Milliseconds that it may hold more without getting on: a hiccup of a network is shorter. */
  connectionOverMs: 10_000,
  /**
   * Bytes that one connection can make the server hold for that moment: the sum of its buffers and
   * windows. Whoever means to gets near it (tests/unit/peak_test.ts): a page of the whole credit and
   * one round of answers in a write that nobody reads, and another round of answers behind it. A
   * reader who just stops holds a tenth. To count answers that are being written with those that
   * wait would end who reads slowly and asks on after each answer.
   */
  connectionPeakBytes: 897 * 1024,
  /** Bytes that the server may hold for all connections together: what each has to itself. */
  memoryBytesMax: 512 * 1024 * 1024,
  /** Bytes that are left free on the disk: below that nothing new is taken, and all else goes on. */
  diskReserveBytes: 256 * 1024 * 1024,
  /** Milliseconds between two looks at how much room the disk has, while something is written. */
  roomLookMs: 1_000,
  /** Entries that the hub keeps in memory for feeds that are nearly at the head. */
  ringEntriesMax: 4_096,
  /** Bytes of entries that the hub keeps in memory. */
  ringBytesMax: 8 * 1024 * 1024,
} as const;
