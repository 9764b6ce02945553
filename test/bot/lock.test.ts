import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { FatalError } from "../../bot/rpc/retry.ts";
import { lockKey, stateFolder } from "../../bot/sender/lock.ts";

const account = "0x82aF49447D8a07e3bd95BD0d56f35241523fBab1";

describe("bot: the lock on a key", () => {
  let folder: string;
  beforeEach(() => {
    folder = join(mkdtempSync(join(tmpdir(), "quintet-")), "state");
  });
  afterEach(() => rmSync(join(folder, ".."), { recursive: true }));

  it("is one for each key and chain, and free again when it is released", () => {
    const first = lockKey(42_161, account, folder);
    expect(() => lockKey(42_161, account, folder)).to.throw(FatalError, `process ${process.pid} on ${hostname()}`);
    lockKey(8_453, account, folder).release();
    lockKey(42_161, "0xaf88d065e77c8cC2239327C5EDb3A432268e5831", folder).release();
    first.release();
    lockKey(42_161, account, folder).release();
  });

  it("names the process that holds it, and ends with that process by kill -9", async () => {
    const lock = new URL("../../bot/sender/lock.ts", import.meta.url);
    const script = `import { lockKey } from ${JSON.stringify(lock.href)};
      lockKey(42161, ${JSON.stringify(account)}, ${JSON.stringify(folder)});
      console.info("held");
      setInterval(() => {}, 1_000);`;
    const args = ["--import", "tsx", "--input-type=module", "--eval", script];
    const holder = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
    await once(holder.stdout, "data");
    expect(() => lockKey(42_161, account, folder)).to.throw(FatalError, `process ${holder.pid} on ${hostname()}`);
    const ended = once(holder, "exit");
    holder.kill("SIGKILL");
    await ended;
    lockKey(42_161, account, folder).release();
  });

  it("says what to do where its folder cannot be written", () => {
    expect(() => lockKey(42_161, account, "/dev/null/state")).to.throw(FatalError, "set XDG_STATE_HOME");
  });

  it("is in the user's folder for state, not beside the ledger", () => {
    expect(stateFolder({ XDG_STATE_HOME: "/state" })).to.equal(join("/state", "quintet"));
    expect(stateFolder({})).to.match(/quintet$/);
  });
});
