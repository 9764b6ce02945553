import { DatabaseSync } from "node:sqlite";
import { FatalError } from "../rpc/retry.ts";
import { migrations } from "./migrations.ts";

/**
 * Opens a ledger's database, creates it where there is none, and brings it to the newest schema. ":memory:" is forgotten
 * on close.
 *
 * @throws FatalError when the file was written by a newer version or is no ledger
 */
export function openDatabase(file: string): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(file);
    // A reader never blocks the bot, and a killed bot loses nothing that was written.
    database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 2000;");
    migrate(database, file);
    return database;
  } catch (cause) {
    database?.close();
    if (cause instanceof FatalError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new FatalError(`The ledger ${file} cannot be opened: ${reason}. Check ledgerFile.`, { cause });
  }
}

function migrate(database: DatabaseSync, file: string): void {
  transact(database, () => {
    const version = Number(database.prepare("PRAGMA user_version").get()?.user_version);
    const tables = Number(database.prepare("SELECT count(*) AS tables FROM sqlite_schema").get()?.tables);
    if (version > migrations.length || (version === 0 && tables > 0)) {
      throw new FatalError(
        `The ledger ${file} has schema version ${version}, this program writes ${migrations.length}: move the file away.`,
      );
    }
    if (version === migrations.length) return;
    for (const migration of migrations.slice(version)) database.exec(migration);
    database.exec(`PRAGMA user_version = ${migrations.length}`);
  });
}

/** Does all of `work` or, when it throws, nothing. Inside of another one it is part of that one. */
export function transact<T>(database: DatabaseSync, work: () => T): T {
  if (database.isTransaction) return work();
  database.exec("BEGIN IMMEDIATE");
  try {
    const result = work();
    database.exec("COMMIT");
    return result;
  } catch (error) {
    database.exec("ROLLBACK");
    throw error;
  }
}
