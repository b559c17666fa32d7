// Messages and topics in SQLite. WAL mode lets the old and the new version of the app work on one
// file side by side, and what was committed outlives a SIGKILL.

import { DatabaseSync, type SQLOutputValue } from "node:sqlite";

export interface NewMessage {
  room: string;
  author: string;
  text: string;
  /** Chosen by the client, to find its own message again; null when it gave none. */
  key: string | null;
}

export interface Message extends NewMessage {
  /** Grows in the order of commits, over all rooms and all processes on the file. */
  id: number;
  /** Milliseconds since 1970. */
  at: number;
}

export interface Room {
  name: string;
  topic: string;
  messages: number;
  lastId: number;
}

// `key` is deliberately not unique: a POST that was processed twice must show as two rows.
const SCHEMA = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = NORMAL;
  CREATE TABLE IF NOT EXISTS messages (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    room TEXT NOT NULL,
    author TEXT NOT NULL,
    text TEXT NOT NULL,
    at INTEGER NOT NULL,
    key TEXT
  ) STRICT;
  CREATE INDEX IF NOT EXISTS messages_by_room ON messages (room, id);
  CREATE TABLE IF NOT EXISTS topics (room TEXT PRIMARY KEY, topic TEXT NOT NULL) STRICT;
`;

const ROOMS = `
  SELECT names.room AS name, coalesce(topics.topic, '') AS topic,
         count(messages.id) AS messages, coalesce(max(messages.id), 0) AS lastId
  FROM (SELECT 'lobby' AS room UNION SELECT room FROM topics UNION SELECT room FROM messages) AS names
  LEFT JOIN topics ON topics.room = names.room
  LEFT JOIN messages ON messages.room = names.room
  GROUP BY names.room ORDER BY names.room
`;

// The other process may be writing: wait for it rather than fail the request.
const BUSY_TIMEOUT_MS = 5_000;

export class MessageStore {
  readonly #db: DatabaseSync;
  readonly #statements: ReturnType<typeof prepareStatements>;

  constructor(file: string) {
    this.#db = new DatabaseSync(file, { timeout: BUSY_TIMEOUT_MS });
    this.#db.exec(SCHEMA);
    this.#statements = prepareStatements(this.#db);
  }

  add(message: NewMessage): Message {
    const at = Date.now();
    const { room, author, text, key } = message;
    const { lastInsertRowid } = this.#statements.add.run(room, author, text, at, key);
    return { id: Number(lastInsertRowid), room, author, text, at, key };
  }

  /** Oldest first. */
  inRoomAfter(room: string, afterId: number, limit: number): Message[] {
    return this.#statements.inRoomAfter.all(room, afterId, limit).map(messageOf);
  }

  /** The newest `count` of a room, oldest first. */
  lastInRoom(room: string, count: number): Message[] {
    return this.#statements.lastInRoom.all(room, count).map(messageOf).toReversed();
  }

  /** Of all rooms, oldest first. */
  after(afterId: number, limit: number): Message[] {
    return this.#statements.after.all(afterId, limit).map(messageOf);
  }

  lastId(): number {
    return Number(this.#statements.lastId.get()?.["id"] ?? 0);
  }

  count(): number {
    return Number(this.#statements.count.get()?.["count"] ?? 0);
  }

  rooms(): Room[] {
    return this.#statements.rooms.all().map((row) => ({
      name: String(row["name"]),
      topic: String(row["topic"]),
      messages: Number(row["messages"]),
      lastId: Number(row["lastId"]),
    }));
  }

  setTopic(room: string, topic: string): void {
    this.#statements.setTopic.run(room, topic);
  }

  close(): void {
    if (this.#db.isOpen) this.#db.close();
  }
}

function prepareStatements(db: DatabaseSync) {
  return {
    add: db.prepare("INSERT INTO messages (room, author, text, at, key) VALUES (?, ?, ?, ?, ?)"),
    inRoomAfter: db.prepare("SELECT * FROM messages WHERE room = ? AND id > ? ORDER BY id LIMIT ?"),
    lastInRoom: db.prepare("SELECT * FROM messages WHERE room = ? ORDER BY id DESC LIMIT ?"),
    after: db.prepare("SELECT * FROM messages WHERE id > ? ORDER BY id LIMIT ?"),
    lastId: db.prepare("SELECT max(id) AS id FROM messages"),
    count: db.prepare("SELECT count(*) AS count FROM messages"),
    rooms: db.prepare(ROOMS),
    setTopic: db.prepare(
      "INSERT INTO topics (room, topic) VALUES (?, ?) ON CONFLICT (room) DO UPDATE SET topic = excluded.topic",
    ),
  };
}

function messageOf(row: Record<string, SQLOutputValue>): Message {
  return {
    id: Number(row["id"]),
    room: String(row["room"]),
    author: String(row["author"]),
    text: String(row["text"]),
    at: Number(row["at"]),
    key: row["key"] === null ? null : String(row["key"]),
  };
}
