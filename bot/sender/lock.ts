import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { homedir, hostname } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { Address } from "../config/chains/chain.ts";
import { FatalError } from "../rpc/retry.ts";

/** The right to send with a key. Whoever holds it is the only one on this machine. */
export interface KeyLock {
  readonly chainId: number;
  readonly account: Address;
  readonly release: () => void;
}

/** SQLite's code for a file that another connection has locked. */
const busy = 5;

/** Returns the user's folder for what a program remembers between runs, as the platform has it. */
export function stateFolder(env: Readonly<Record<string, string | undefined>> = process.env): string {
  return join(env.XDG_STATE_HOME ?? env.LOCALAPPDATA ?? join(homedir(), ".local", "state"), "quintet");
}

/**
 * Locks a key for this process. The lock is one of the operating system's, held by an open SQLite file: it ends with the
 * process, however that ends, and leaves nothing to clean up. It does not depend on the ledger, so that two ledgers do not
 * get around it.
 *
 * @throws FatalError naming the process that holds the key
 */
export function lockKey(chainId: number, account: Address, folder: string = stateFolder()): KeyLock {
  const name = join(folder, `${chainId}-${account.toLowerCase()}`);
  const [file, note] = [`${name}.lock`, `${name}.holder`];
  let database: DatabaseSync | undefined;
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    database = new DatabaseSync(file);
    database.exec("PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE");
    // The locked file cannot be read by others: who holds it stands beside it.
    writeFileSync(note, `process ${process.pid} on ${hostname()} since ${new Date().toISOString()}`);
  } catch (cause) {
    database?.close();
    const isHeld = (cause as { errcode?: unknown }).errcode === busy;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new FatalError(
      isHeld
        ? `${account} is in use on chain ${chainId} by ${holderIn(note)}: one process sends with a key. Stop that one, or use another key.`
        : `The lock ${file} of ${account} cannot be taken: ${reason}. Make the folder writable, or set XDG_STATE_HOME to one that is.`,
      { cause },
    );
  }
  const held = database;
  return { chainId, account, release: () => held.isOpen && held.close() };
}

/** The lock of a key that was made in this process and is known to no other. */
export function ownKey(chainId: number, account: Address): KeyLock {
  return { chainId, account, release: () => undefined };
}

function holderIn(note: string): string {
  try {
    return readFileSync(note, "utf8");
  } catch {
    return "another process";
  }
}
