import { expect } from "chai";
import { Contract, toBeHex, Wallet, ZeroAddress, ZeroHash } from "ethers";
import { type Bot, createBot, openRpc } from "../../bot/bot.ts";
import { arbitrum } from "../../bot/config/chains/arbitrum.ts";
import {
  type Chain,
  deploymentsOf,
  lenderNames,
  type PoolLenderName,
  tokenOf,
  type VenueName,
} from "../../bot/config/chains/chain.ts";
import { parseConfig } from "../../bot/config/config.ts";
import { type Ledger, openLedger } from "../../bot/ledger/ledger.ts";
import { createLog } from "../../bot/log.ts";
import type { Step } from "../../bot/pipeline/run.ts";
import { ownKey } from "../../bot/sender/lock.ts";
import { unitsWorth } from "../../localnet/market.ts";
import { isFork, useArbitrum } from "../support/arbitrum.ts";
import { erc20 } from "../support/erc20.ts";
import { deployExecutor, type Executor } from "../support/executor.ts";
import { setTokenBalance, slotOf } from "../support/fund.ts";
import { addCounterLiquidity, sellIntoCounter } from "../support/routes.ts";

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

  async function botIn(mode: "shadow" | "live", chain: Chain = arbitrum): Promise<Bot> {
    // The age of the block is the RPC's affair, and a fork's newest block may be old.
    const settings = { contract: executor.address, maxBlockAgeSeconds: 3_600, pollIntervalMs: 50 };
    const config = parseConfig({
      file: JSON.stringify(settings),
      env: { ARBITRUM_RPC_URL: "http://in.process", QUINTET_OPERATOR_PRIVATE_KEY: operator.privateKey },
      needs: { contract: true, operator: true },
    });
    const log = createLog("silent", (line) => line);
    const rpc = await openRpc(getConnection().ethers.provider, config, log);
    const lock = ownKey(arbitrum.id, operator.address);
    return createBot({ config: { ...config, chain }, rpc, ledger, log, mode, lock });
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

  /** Returns the function that says what the treasury has gained since, by token. */
  async function watchTreasury() {
    const { treasury } = executor;
    const tokens = arbitrum.tokens.map(({ address }) => erc20(address, treasury));
    const balances = () => Promise.all(tokens.map((token) => token.balanceOf(treasury)));
    const before = await balances();
    return async () => {
      const after = await balances();
      return arbitrum.tokens.flatMap(({ address }, index) => {
        const gain = (after[index] ?? 0n) - (before[index] ?? 0n);
        return gain === 0n ? [] : [[address, gain] as const];
      });
    };
  }

  const noSpread = "no spread could be opened between WETH and USDC on the forked block";

  it("lands a trade whose realised profit is exactly what the treasury gains", async function () {
    const bot = await botIn("live");
    const gainsOfTreasury = await watchTreasury();
    const step = await stepWithOrder(bot);
    if (step === undefined && isFork) {
      process.stdout.write(`      skipped: ${noSpread}\n`);
      this.skip();
    }
    const trade = step?.trades[0];
    if (trade === undefined) throw new Error(JSON.stringify(step?.outcomes.map(({ noTrade }) => noTrade)));
    expect(await gainsOfTreasury()).to.deep.equal([[trade.order.token, trade.realised]]);
    expect(trade.treasuryGain).to.equal(trade.realised);
    expect(trade.simulated, "the chain confirms the quotes to the unit").to.equal(trade.order.expected);
    expect(trade.realised >= trade.order.minProfit).to.equal(true);
    expect(ledger.transactions.open()).to.deep.equal([]);
    expect(ledger.transactions.results(0n)).to.have.length(1);
  });

  /** Takes from the lenders that are one contract all that they hold of every token. */
  async function emptyLenders(): Promise<void> {
    const { provider, ethers } = getConnection();
    const { aaveV3, balancerV2, morphoBlue, balancerV3 } = arbitrum.lenders;
    const reserveData =
      "function getReserveData(address) view returns (uint256, uint128, uint128, uint128, uint128, uint128, uint40, uint16, address)";
    const pool = new Contract(aaveV3, [reserveData], ethers.provider);
    const vault = new Contract(balancerV3, ["function getReservesOf(address) view returns (uint256)"], ethers.provider);
    for (const { address } of arbitrum.tokens) {
      const [, , , , , , , , aToken] = await pool.getFunction("getReserveData")(address);
      for (const holder of [aToken, balancerV2, morphoBlue].filter((holder) => holder !== ZeroAddress)) {
        await setTokenBalance(getConnection(), address, holder, 0n);
      }
      const reserves: bigint = await vault.getFunction("getReservesOf")(address);
      for (let slot = 0n; reserves > 0n && slot < 32n; slot++) {
        const key = slotOf(address, slot);
        if (BigInt(await ethers.provider.getStorage(balancerV3, key)) !== reserves) continue;
        await provider.request({ method: "hardhat_setStorageAt", params: [balancerV3, key, ZeroHash] });
      }
      expect(await vault.getFunction("getReservesOf")(address), "reserves of Balancer V3").to.equal(0n);
    }
  }

  /** The chain with the deployments of these venues alone. */
  function chainOf(venues: readonly VenueName[]): Chain {
    const deployments = arbitrum.deployments.flatMap((deployment) => {
      if (venues.includes(deployment.venue)) return [deployment];
      // The contract is built for DODO's addresses: the deployment stays, and the check finds it unsound.
      return deployment.venue === "dodo" ? [{ ...deployment, routeProxy: toBeHex(1, 20) }] : [];
    });
    return { ...arbitrum, deployments };
  }

  for (const [lender, venues] of [
    ["dodoFlash", ["solidly", "uniswapV3", "dodo"]],
    ["concentratedFlash", ["solidly", "uniswapV3"]],
    ["pairFlash", ["solidly", "uniswapV2"]],
  ] as const satisfies readonly (readonly [PoolLenderName, readonly VenueName[]])[]) {
    it(`borrows by ${lender} what no other lender holds, and earns what it expects to the unit`, async function () {
      const { flash } = executor;
      await emptyLenders();
      await addCounterLiquidity(
        getConnection(),
        executor,
        [weth.address, unitsWorth(weth, 200_000n)],
        [usdc.address, unitsWorth(usdc, 200_000n)],
      );
      const bot = await botIn("live", chainOf(venues));
      let step: Step | undefined;
      const gainsOfTreasury = await watchTreasury();
      for (let sales = 0; sales < 6; sales++) {
        const sale = { tokenIn: weth.address, tokenOut: usdc.address, amountIn: unitsWorth(weth, 2_000n) };
        await sellIntoCounter(getConnection(), executor, sale);
        step = await bot.step();
        if (step.trades.length > 0) break;
      }
      const trade = step?.trades[0];
      if (isFork && trade?.order.lender !== lender) {
        process.stdout.write(`      skipped: no trade on the forked block is best financed by ${lender}\n`);
        this.skip();
      }
      if (trade === undefined) throw new Error(JSON.stringify(step?.outcomes.map(({ noTrade }) => noTrade)));
      const { order, block } = trade;
      expect(order.lender).to.equal(lender);
      expect(order.route.hops.map(({ pool }) => pool.address)).not.to.include(order.source?.address);
      const [event] = await flash.queryFilter(flash.filters.Arbitrage(), Number(block));
      expect(event?.args.lender).to.equal(BigInt(lenderNames.indexOf(lender)));
      expect(event?.args.fee).to.equal(order.fee);
      expect(event?.args.amount).to.equal(order.amount);
      expect(trade.simulated).to.equal(order.expected);
      expect(trade.realised).to.equal(order.expected);
      expect(trade.treasuryGain).to.equal(order.expected);
      expect(await gainsOfTreasury()).to.deep.equal([[order.token, order.expected]]);
    });
  }

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
