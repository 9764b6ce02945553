import { DatabaseSync } from "node:sqlite";
import { FatalError } from "../rpc/retry.ts";
import { migrations } from "./migrations.ts";

/**
 * Opens a ledger's database, creates it where there is none, and brings it to the newest schema. ":memory:" is forgotten
 * on close.
 *
 * @throws FatalError when the file was written by a newer version, is no ledger, or cannot be written
 */
export function openDatabase(file: string): DatabaseSync {
  return open(file, { readOnly: false }, (database) => {
    database.exec("PRAGMA busy_timeout = 2000");
    refuseStranger(database, file);
    makeShrinkable(database);
    // A reader never blocks the bot, and a killed bot loses nothing that was written.
    database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;");
    migrate(database);
  });
}

/**
 * Opens a ledger to read only, also while a bot writes it. It changes nothing: a ledger of an older schema is refused.
 *
 * @throws FatalError when there is no ledger of this version
 */
export function openReader(file: string): DatabaseSync {
  return open(file, { readOnly: true }, (database) => {
    database.exec("PRAGMA busy_timeout = 2000");
    refuseStranger(database, file);
    const version = versionOf(database);
    if (version < migrations.length) {
      throw new FatalError(
        `The ledger ${file} has schema version ${version}, this program reads ${migrations.length}: ` +
          "start the bot once, which brings it up to date.",
      );
    }
  });
}

function open(
  file: string,
  options: { readonly readOnly: boolean },
  prepare: (database: DatabaseSync) => void,
): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(file, options);
    prepare(database);
    return database;
  } catch (cause) {
    database?.close();
    if (cause instanceof FatalError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new FatalError(`The ledger ${file} cannot be opened: ${reason}. Check ledgerFile.`, { cause });
  }
}

/** Lets the file give pages back one after the other. A file of which that was not asked when it was made is made anew. */
function makeShrinkable(database: DatabaseSync): void {
  const incremental = 2;
  if (Number(database.prepare("PRAGMA auto_vacuum").get()?.auto_vacuum) === incremental) return;
  const isEmpty = tablesOf(database) === 0;
  database.exec("PRAGMA auto_vacuum = INCREMENTAL");
  if (!isEmpty) database.exec("VACUUM");
}

function migrate(database: DatabaseSync): void {
  transact(database, () => {
    const version = versionOf(database);
    if (version === migrations.length) return;
    for (const migration of migrations.slice(version)) database.exec(migration);
    database.exec(`PRAGMA user_version = ${migrations.length}`);
  });
}

/** @throws FatalError when the file was written by a newer version, or is no ledger */
function refuseStranger(database: DatabaseSync, file: string): void {
  const version = versionOf(database);
  if (version > migrations.length || (version === 0 && tablesOf(database) > 0)) {
    throw new FatalError(
      `The ledger ${file} has schema version ${version}, this program writes ${migrations.length}: move the file away.`,
    );
  }
}

function versionOf(database: DatabaseSync): number {
  return Number(database.prepare("PRAGMA user_version").get()?.user_version);
}

function tablesOf(database: DatabaseSync): number {
  return Number(database.prepare("SELECT count(*) AS tables FROM sqlite_schema").get()?.tables);
}

/**
 * Does all of `work` or, when it throws, nothing. Inside of another one it is part of that one.
 *
 * @throws FatalError when the disk is full or the file cannot be written
 */
export function transact<T>(database: DatabaseSync, work: () => T): T {
  if (database.isTransaction) return work();
  try {
    database.exec("BEGIN IMMEDIATE");
    const result = work();
    database.exec("COMMIT");
    return result;
  } catch (error) {
    // A full disk has rolled it back already.
    if (database.isTransaction) database.exec("ROLLBACK");
    throw unwritable(database, error) ?? error;
  }
}

/** The primary result codes of SQLite (sqlite.org/rescode.html) with which nothing can be written any more, and what to do. */
const remedies = new Map([
  [8, "make the file and its folder writable"],
  [10, "check the disk"],
  [11, "the file is damaged: move it away, and keep it"],
  [13, "free disk space"],
]);

function unwritable(database: DatabaseSync, error: unknown): FatalError | undefined {
  if (!(error instanceof Error) || !("errcode" in error)) return undefined;
  // The low byte of an extended result code is the primary one.
  const remedy = remedies.get(Number(error.errcode) & 0xff);
  if (remedy === undefined) return undefined;
  return new FatalError(
    `The ledger ${database.location() ?? ":memory:"} cannot be written: ${error.message}. ` +
      `Nothing is traded without it: ${remedy}, then start again.`,
    { cause: error },
  );
}
