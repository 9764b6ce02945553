import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { Contract, Wallet } from "ethers";
import { createBot, openRpc } from "../../bot/bot.ts";
import { arbitrum } from "../../bot/config/chains/arbitrum.ts";
import { deploymentsOf, type Token, tokenOf } from "../../bot/config/chains/chain.ts";
import { parseConfig } from "../../bot/config/config.ts";
import { openDatabase } from "../../bot/ledger/database.ts";
import { openLedger } from "../../bot/ledger/ledger.ts";
import { createLog } from "../../bot/log.ts";
import { ownKey } from "../../bot/sender/lock.ts";
import { unitsWorth } from "../../localnet/market.ts";
import { isFork, useArbitrum } from "../support/arbitrum.ts";
import { erc20 } from "../support/erc20.ts";
import { deployExecutor, type Executor } from "../support/executor.ts";
import { setTokenBalance } from "../support/fund.ts";

const [weth, usdc] = [tokenOf(arbitrum, "WETH"), tokenOf(arbitrum, "USDC")];

describe("bot: causes on the localnet", () => {
  const getConnection = useArbitrum();
  const operator = Wallet.createRandom();
  let executor: Executor;
  let folder: string;
  before(async function () {
    // A spread is opened at once on the localnet; on a forked block it may not be.
    if (isFork) this.skip();
    executor = await deployExecutor(getConnection());
    await executor.flash.connect(executor.owner).setOperator(operator, true);
    await getConnection().networkHelpers.setBalance(operator.address, 10n ** 18n);
    folder = mkdtempSync(join(tmpdir(), "quintet-"));
  });
  after(() => folder && rmSync(folder, { recursive: true }));

  /** Sells for `usd` through an Algebra router, which moves that pool away from the others, or back. */
  async function swap(sold: Token, bought: Token, usd: bigint): Promise<void> {
    const { trader } = executor;
    const amount = unitsWorth(sold, usd);
    await setTokenBalance(getConnection(), sold.address, trader.address, amount);
    const router = deploymentsOf(arbitrum, "algebra").at(-1)?.router ?? "";
    await erc20(sold.address, trader).approve(router, amount);
    const struct =
      "(address tokenIn, address tokenOut, address recipient, uint256 deadline, uint256 amountIn, uint256 amountOutMinimum, uint160 limitSqrtPrice)";
    const contract = new Contract(router, [`function exactInputSingle(${struct} params) returns (uint256)`], trader);
    const params = [sold.address, bought.address, trader.address, 2n ** 40n, amount, 0n, 0n];
    await contract.getFunction("exactInputSingle")(params);
  }

  /** Lets the bot send an order, with something that happens between its simulation and its transaction. */
  async function trade(name: string, happens: () => Promise<unknown>) {
    const file = join(folder, `${name}.sqlite`);
    const settings = { contract: executor.address, maxBlockAgeSeconds: 3_600, pollIntervalMs: 50, minProfitUsd: "1" };
    const config = parseConfig({
      file: JSON.stringify(settings),
      env: { ARBITRUM_RPC_URL: "http://in.process", QUINTET_OPERATOR_PRIVATE_KEY: operator.privateKey },
      needs: { contract: true, operator: true },
    });
    let isDue = true;
    const { provider } = getConnection().ethers;
    const between = new Proxy(provider, {
      get(target, key) {
        const value = Reflect.get(target, key);
        if (key !== "send") return typeof value === "function" ? value.bind(target) : value;
        return async (method: string, params: unknown[]) => {
          if (method === "eth_sendRawTransaction" && isDue) {
            isDue = false;
            await happens();
          }
          return target.send(method, params);
        };
      },
    });
    const log = createLog("silent", (line) => line);
    const rpc = await openRpc(between, config, log);
    const ledger = openLedger(file);
    const lock = ownKey(arbitrum.id, operator.address);
    const bot = await createBot({ config, rpc, ledger, log, mode: "live", lock });
    for (let step = 0; step < 4; step++) {
      await swap(weth, usdc, 20_000n);
      await bot.step();
      if (!isDue) break;
    }
    for (let step = 0; step < 3; step++) {
      await getConnection().networkHelpers.mine();
      await bot.step();
    }
    ledger.close();
    const database = openDatabase(file);
    const rows = database.prepare("SELECT * FROM history WHERE status IS NOT NULL ORDER BY block LIMIT 1").all();
    const { unexplained } =
      database
        .prepare(
          `SELECT count(*) AS unexplained FROM results
           WHERE cause IS NULL AND (status <> 'landed' OR realised <> expected)`,
        )
        .get() ?? {};
    database.close();
    expect(unexplained, "results without a cause").to.equal(0);
    expect(rows, "an order was sent").to.have.length(1);
    return rows[0] ?? {};
  }

  it("finds a lost race: others trade a pool of the route between the simulation and the transaction", async () => {
    const row = await trade("race", () => swap(usdc, weth, 25_000n));
    expect(row.simulated).to.equal(row.expected);
    expect([row.status, row.cause]).to.deep.equal(["reverted", "lost-race"]);
    expect(row.cause_detail).to.contain("was traded by others between block");
  });

  it("finds a change without a trade: the contract is paused between the simulation and the transaction", async () => {
    const row = await trade("pause", () => executor.flash.connect(executor.owner).pause());
    expect([row.status, row.cause]).to.deep.equal(["reverted", "venue-changed"]);
  });

  it("finds a stale order: its block comes after the deadline", async () => {
    const row = await trade("late", () => getConnection().networkHelpers.time.increase(3_000));
    expect([row.status, row.cause]).to.deep.equal(["reverted", "stale-state"]);
    expect(row.cause_detail).to.contain("after the order's deadline");
  });
});
