import { expect } from "chai";
import { Contract, Wallet } from "ethers";
import { type Bot, createBot, openRpc } from "../../bot/bot.ts";
import { arbitrum } from "../../bot/config/chains/arbitrum.ts";
import { deploymentsOf, tokenOf } from "../../bot/config/chains/chain.ts";
import { parseConfig } from "../../bot/config/config.ts";
import { type Ledger, openLedger } from "../../bot/ledger/ledger.ts";
import { createLog } from "../../bot/log.ts";
import type { Step } from "../../bot/pipeline/run.ts";
import { ownKey } from "../../bot/sender/lock.ts";
import { unitsWorth } from "../../localnet/market.ts";
import { isFork, useArbitrum } from "../support/arbitrum.ts";
import { erc20 } from "../support/erc20.ts";
import { deployExecutor, type Executor } from "../support/executor.ts";
import { setTokenBalance } from "../support/fund.ts";

const [weth, usdc] = [tokenOf(arbitrum, "WETH"), tokenOf(arbitrum, "USDC")];

describe("bot: live on the chain under test", () => {
  const getConnection = useArbitrum();
  const operator = Wallet.createRandom();
  let executor: Executor;
  let ledger: Ledger;

  before(async () => {
    executor = await deployExecutor(getConnection());
    await executor.flash.connect(executor.owner).setOperator(operator, true);
    await getConnection().networkHelpers.setBalance(operator.address, 10n ** 18n);
  });
  beforeEach(() => {
    ledger = openLedger(":memory:");
  });
  afterEach(() => ledger.close());

  async function botIn(mode: "shadow" | "live"): Promise<Bot> {
    // The age of the block is the RPC's affair, and a fork's newest block may be old.
    const settings = { contract: executor.address, maxBlockAgeSeconds: 3_600, pollIntervalMs: 50 };
    const config = parseConfig({
      file: JSON.stringify(settings),
      env: { ARBITRUM_RPC_URL: "http://in.process", QUINTET_OPERATOR_PRIVATE_KEY: operator.privateKey },
      needs: { contract: true, operator: true },
    });
    const log = createLog("silent", (line) => line);
    const rpc = await openRpc(getConnection().ethers.provider, config, log);
    return createBot({ config, rpc, ledger, log, mode, lock: ownKey(arbitrum.id, operator.address) });
  }

  it("does not start to send through a contract of other code, and watches what it would do", async () => {
    const { provider, ethers } = getConnection();
    const code = `${await ethers.provider.getCode(executor.address)}00`;
    await provider.request({ method: "hardhat_setCode", params: [executor.address, code] });
    const failure = await botIn("live").catch(String);
    expect(failure).to.contain("is not what these sources build");
    await botIn("shadow");
  });

  /** Sells WETH for USDC through an Algebra router, which moves that pool away from the others. */
  async function openSpread(usd: bigint): Promise<void> {
    const { trader } = executor;
    const amount = unitsWorth(weth, usd);
    await setTokenBalance(getConnection(), weth.address, trader.address, amount);
    for (const { router: address } of [...deploymentsOf(arbitrum, "algebra")].reverse()) {
      await erc20(weth.address, trader).approve(address, amount);
      const struct =
        "(address tokenIn, address tokenOut, address recipient, uint256 deadline, uint256 amountIn, uint256 amountOutMinimum, uint160 limitSqrtPrice)";
      const router = new Contract(address, [`function exactInputSingle(${struct} params) returns (uint256)`], trader);
      const params = [weth.address, usdc.address, trader.address, 2n ** 40n, amount, 0n, 0n];
      const swapped = await router
        .getFunction("exactInputSingle")(params)
        .then(
          () => true,
          () => false,
        );
      if (swapped) return;
    }
  }

  /** Opens spreads until the bot has an order that the chain confirms, and returns that step. */
  async function stepWithOrder(bot: Bot): Promise<Step | undefined> {
    for (const usd of [5_000n, 20_000n, 80_000n]) {
      await openSpread(usd);
      const step = await bot.step();
      if (step.outcomes.some(({ verdict }) => verdict?.kind === "confirmed")) return step;
    }
    return undefined;
  }

  const noSpread = "no spread could be opened between WETH and USDC on the forked block";

  it("lands a trade whose realised profit is exactly what the treasury gains", async function () {
    const { treasury } = executor;
    const bot = await botIn("live");
    const tokens = arbitrum.tokens.map(({ address }) => erc20(address, treasury));
    const before = await Promise.all(tokens.map((token) => token.balanceOf(treasury)));
    const step = await stepWithOrder(bot);
    if (step === undefined && isFork) {
      process.stdout.write(`      skipped: ${noSpread}\n`);
      this.skip();
    }
    const trade = step?.trades[0];
    if (trade === undefined) throw new Error(JSON.stringify(step?.outcomes.map(({ noTrade }) => noTrade)));
    const after = await Promise.all(tokens.map((token) => token.balanceOf(treasury)));
    const gains = arbitrum.tokens.flatMap(({ address }, index) => {
      const gain = (after[index] ?? 0n) - (before[index] ?? 0n);
      return gain === 0n ? [] : [[address, gain] as const];
    });
    expect(gains).to.deep.equal([[trade.order.token, trade.realised]]);
    expect(trade.treasuryGain).to.equal(trade.realised);
    expect(trade.simulated, "the chain confirms the quotes to the unit").to.equal(trade.order.expected);
    expect(trade.realised >= trade.order.minProfit).to.equal(true);
    expect(ledger.transactions.open()).to.deep.equal([]);
    expect(ledger.transactions.results(0n)).to.have.length(1);
  });

  it("does everything but send in shadow mode", async function () {
    const bot = await botIn("shadow");
    const step = await stepWithOrder(bot);
    if (step === undefined && isFork) {
      process.stdout.write(`      skipped: ${noSpread}\n`);
      this.skip();
    }
    const confirmed = step?.outcomes.find(({ verdict }) => verdict?.kind === "confirmed");
    expect(confirmed?.noTrade?.noTrade).to.equal("shadow-mode");
    expect(await getConnection().ethers.provider.getTransactionCount(operator.address)).to.equal(0);
    expect(ledger.transactions.results(0n)).to.deep.equal([]);
  });

  it("trades nothing while the owner has paused the contract, and says so", async () => {
    await executor.flash.connect(executor.owner).pause();
    const bot = await botIn("live");
    await openSpread(20_000n);
    const { noTrade, sent } = await bot.step();
    expect(sent).to.equal(undefined);
    expect(noTrade?.noTrade).to.equal("contract-paused");
  });
});
