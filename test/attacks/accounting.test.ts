import { expect } from "chai";
import { Contract, Interface, ZeroHash } from "ethers";
import { venueNames } from "../../bot/config/chains/chain.ts";
import type { HopStruct, LoanStruct } from "../../types/contracts/interfaces/IFlashArbitrage.js";
import {
  type Accomplice,
  Accomplice__factory,
  RouterThrowingABomb__factory,
  TokenTakingTransferFee__factory,
  VenueTurningHostile__factory,
} from "../../types/index.js";
import { farDeadline, loanOf } from "../support/routes.ts";
import { attacks } from "./attack.ts";
import {
  addressOf,
  allowLoans,
  balanceOf,
  chargeOf,
  coder,
  deployVictim,
  fillWallet,
  give,
  honestHops,
  hopOf,
  hostilePool,
  one,
  order,
  type Stage,
  type Victim,
  weth,
} from "./stage.ts";

const prey = 10n * one;
const erc20Interface = new Interface(["function approve(address spender, uint256 amount)"]);
const v2 = venueNames.indexOf("uniswapV2");

attacks("P1", (attack) => {
  attack({ twin: "CountingWhatLiesThere", variant: "with a token" }, async (stage, victim) => {
    const { junk, operator } = stage;
    const amount = prey / 2n;
    await fillWallet(stage, victim, weth, operator, amount);
    await give(stage, weth, victim.address, prey);
    const first = { tokenIn: weth, tokenOut: junk, amountIn: amount, pays: 1_000n };
    const taker = await hostilePool(stage, victim, first);
    const last = { tokenIn: junk, tokenOut: weth, amountIn: 1_000n, pays: 1n };
    const hops = [
      await hopOf("uniswapV3", taker, junk),
      await hopOf("uniswapV3", await hostilePool(stage, victim, last), weth),
    ];
    return {
      strike: () => order(stage, victim, loanOf("operator", weth, amount), hops),
      loot: () => balanceOf(stage, weth, taker),
      worth: amount,
      refusal: `InsufficientProfit(${1n - amount}, 0)`,
    };
  });

  attack({ twin: "CountingAllEther", variant: "with ether" }, async (stage, victim) => {
    const { chain, gold, operator, venue } = stage;
    const amount = prey / 2n;
    await fillWallet(stage, victim, weth, operator, amount);
    await give(stage, weth, victim.address, amount);
    // Ether that was forced upon the contract: nothing can refuse it.
    await chain.networkHelpers.setBalance(victim.address, prey);
    const first = { tokenIn: weth, tokenOut: gold, amountIn: amount, pays: one };
    const taker = await hostilePool(stage, victim, first);
    // Pays one wei for what it takes.
    await venue.setRateE18(gold, ether, 1n);
    await chain.networkHelpers.setBalance(await addressOf(venue), one);
    const nativeOut = coder.encode(["bool", "bool"], [false, true]);
    const hops = [await hopOf("uniswapV3", taker, gold), await hopOf("woofi", venue, weth, nativeOut)];
    return {
      strike: () => order(stage, victim, loanOf("operator", weth, amount), hops),
      loot: () => balanceOf(stage, weth, taker),
      worth: amount,
      refusal: `InsufficientProfit(${1n - amount}, 0)`,
    };
  });
});

/** How WOOFi names ether. */
const ether = "0xEeeeeEeeeEeEeeEeEeEeeEEEeeeeEeeeeeeeEEeE";

attacks("P2", (attack) => {
  attack({ twin: "LeavingInputBehind" }, async (stage, victim) => {
    const { gold, operator } = stage;
    await fillWallet(stage, victim, weth, operator, 1_000n);
    const first = { tokenIn: weth, tokenOut: gold, amountIn: 1_000n, pays: 1_000n };
    const opening = await hostilePool(stage, victim, first);
    // Takes less than it is given: the operator's gold stays behind, and the order earns all the same.
    const callbacks = [chargeOf(await addressOf(gold), 1_000n, 400n)];
    const last = { tokenIn: gold, tokenOut: weth, amountIn: 1_000n, pays: 1_001n, callbacks };
    const closing = await hostilePool(stage, victim, last);
    const hops = [await hopOf("uniswapV3", opening, gold), await hopOf("uniswapV3", closing, weth)];
    return {
      strike: () => order(stage, victim, loanOf("operator", weth, 1_000n), hops),
      loot: () => balanceOf(stage, gold, victim.address),
      worth: 600n,
      refusal: "HopFailed(1, 6, UnexpectedCharge(400, 1000))",
      soundRefusal: "HopInputUnspent(1, 600)",
    };
  });
});

attacks("P3", (attack) => {
  attack({ twin: "AcceptingAnyProfit" }, async (stage, victim) => {
    const { gold, operator, treasury, venue } = stage;
    await fillWallet(stage, victim, weth, operator, one);
    const profit = one / 100n;
    const hops = await honestHops(stage, one, profit);
    let taken = 0n;
    return {
      strike: async () => {
        // Somebody takes the spread first, and leaves one wei of it.
        await venue.setRateE18(gold, weth, one + 1n);
        await order(stage, victim, loanOf("operator", weth, one), hops, { minProfit: profit });
        taken = profit - (await balanceOf(stage, weth, treasury));
      },
      loot: async () => taken,
      worth: profit - 1n,
      refusal: `InsufficientProfit(1, ${profit})`,
    };
  });
});

attacks("P4", (attack) => {
  attack({ twin: "BelievingTheTarget" }, async (stage, victim) => {
    const { operator, stranger } = stage;
    const taxed = await new TokenTakingTransferFee__factory(stranger).deploy("TAX", 18, 100n);
    await fillWallet(stage, victim, weth, operator, 1_000n);
    await give(stage, taxed, victim.address, prey);
    const first = { tokenIn: weth, tokenOut: taxed, amountIn: 1_000n, pays: 1_000n };
    const opening = await hostilePool(stage, victim, first);
    const last = { tokenIn: taxed, tokenOut: weth, amountIn: 1_000n, pays: 1_001n };
    const closing = await hostilePool(stage, victim, last);
    const hops = [await hopOf("uniswapV3", opening, taxed), await hopOf("uniswapV3", closing, weth)];
    return {
      strike: () => order(stage, victim, loanOf("operator", weth, 1_000n), hops),
      loot: async () => prey - (await balanceOf(stage, taxed, victim.address)),
      worth: 10n,
      refusal: `TransferShort(${await addressOf(taxed)}, 990, 1000)`,
    };
  });
});

attacks("P5", (attack) => {
  attack({ twin: "PayingAhead" }, async (stage, victim) => {
    const { gold, operator, stranger } = stage;
    await fillWallet(stage, victim, weth, operator, 1_000n);
    await give(stage, gold, victim.address, prey);
    const first = { tokenIn: weth, tokenOut: gold, amountIn: 1_000n, pays: 1_000n };
    const opening = await hostilePool(stage, victim, first);
    const router = await new VenueTurningHostile__factory(stranger).deploy(await stage.venue.PULLER());
    await router.setRateE18(gold, weth, 2n * one);
    await give(stage, weth, await router.getAddress(), 2_000n);
    const hops = [await hopOf("uniswapV3", opening, gold), await hopOf("uniswapV2", router, weth)];
    return {
      strike: () => order(stage, victim, loanOf("operator", weth, 1_000n), hops),
      // The router pulls what it is owed: what it was sent before is anyone's who knows how to get it out.
      loot: async () => {
        const held = await balanceOf(stage, gold, router);
        return held === 0n ? 0n : held - 1_000n;
      },
      worth: 1_000n,
      refusal: undefined,
    };
  });
});

attacks("P7", (attack) => {
  const pool = ["function deposit(address token, uint256 amount)", "function withdraw(address token)"];
  attack({ twin: "PoolingDeposits" }, async (stage, victim) => {
    const { gold, stranger } = stage;
    await fillWallet(stage, victim, gold, stranger, 1_000n);
    await give(stage, gold, victim.address, prey);
    const contract = new Contract(victim.address, pool, stranger);
    return {
      strike: async () => {
        await contract.getFunction("deposit")(gold, 1_000n);
        for (let i = 0; i < 2; i++) await contract.getFunction("withdraw")(gold);
      },
      loot: async () => {
        const held = await balanceOf(stage, gold, stranger);
        return held > 1_000n ? held - 1_000n : 0n;
      },
      worth: 1_000n,
      refusal: "no reason",
    };
  });
});

attacks("P8", (attack) => {
  attack({ twin: "CopyingEveryAnswer" }, async (stage, victim) => {
    const { chain, operator, stranger, gold } = stage;
    const { provider } = chain.ethers;
    await fillWallet(stage, victim, weth, operator, 1_000n);
    const bomb = await (await new RouterThrowingABomb__factory(stranger).deploy()).waitForDeployment();
    const hops = [await hopOf("uniswapV2", bomb, gold), await hopOf("uniswapV2", bomb, weth)];
    const gasLimit = 20_000_000n;
    const gasOf = async (send: () => Promise<unknown>) => {
      await send().catch(() => undefined);
      const block = await provider.getBlock("latest");
      return block?.gasUsed ?? 0n;
    };
    const alone = await gasOf(() => stranger.sendTransaction({ to: bomb, data: "0x01", gasLimit }));
    let burnt = 0n;
    return {
      strike: async () => {
        const execute = victim.contract.connect(operator).execute;
        const args = [ZeroHash, loanOf("operator", weth, 1_000n), hops, 0n, farDeadline] as const;
        burnt = await gasOf(() => execute(...args, { gasLimit }));
        await execute.staticCall(...args, { gasLimit });
      },
      // A failed order costs what the target burns; that its runner burns as much again is the attack.
      loot: async () => (burnt > alone + 300_000n ? 1n : 0n),
      worth: 1n,
      refusal: `HopFailed(0, ${v2}, 0x00000000… of 1024 bytes)`,
    };
  });
});

attacks("M5", (attack) => {
  attack({ twin: "TradingInTwoSteps" }, async (stage, victim) => {
    const { gold, operator, venue } = stage;
    await fillWallet(stage, victim, weth, operator, one);
    const [buy, sell] = await honestHops(stage, one, one / 100n);
    if (buy === undefined || sell === undefined) throw new Error("The honest route has two hops.");
    let lost = 0n;
    return {
      strike: async () => {
        await order(stage, victim, loanOf("operator", weth, one), [buy]);
        // Between the two, whoever orders transactions has the price for itself.
        await venue.setRateE18(gold, weth, one / 2n);
        await order(stage, victim, loanOf("operator", gold.target as string, one), [sell]);
        lost = one - (await balanceOf(stage, weth, victim.address));
      },
      loot: async () => lost,
      worth: one / 2n,
      refusal: `OpenRoute(${weth}, ${await addressOf(gold)})`,
    };
  });
});

attacks("X4", (attack, stage) => {
  /** An operator that is a contract, and two orders of its own. */
  async function accompliceOf(stage: Stage, victim: Victim): Promise<Accomplice> {
    const accomplice = await new Accomplice__factory(stage.stranger).deploy();
    await victim.contract.connect(stage.owner).setOperator(accomplice, true);
    return accomplice;
  }

  const encode = ({ contract }: Victim, loan: LoanStruct, hops: HopStruct[]) =>
    contract.interface.encodeFunctionData("execute", [ZeroHash, loan, hops, 0n, farDeadline]);

  attack({ twin: "RememberingTheLastOrder" }, async (stage, victim) => {
    const { gold, junk } = stage;
    const accomplice = await accompliceOf(stage, victim);
    const amount = prey / 2n;
    await give(stage, weth, victim.address, prey);
    // One unit of what is worth nothing lies there too: the first order remembers that.
    await give(stage, gold, victim.address, 1n);
    await give(stage, gold, await addressOf(accomplice), 1_000n);
    await allowLoans(stage, victim, gold);
    await accomplice.call(gold, gold.interface.encodeFunctionData("approve", [victim.address, 1_000n]));
    const loop = async (tokenIn: typeof junk | string, amountIn: bigint, pays: bigint) => {
      const taker = await hostilePool(stage, victim, { tokenIn, tokenOut: junk, amountIn, pays: 1_000n });
      const giver = await hostilePool(stage, victim, { tokenIn: junk, tokenOut: tokenIn, amountIn: 1_000n, pays });
      return { taker, hops: [await hopOf("uniswapV3", taker, junk), await hopOf("uniswapV3", giver, tokenIn)] };
    };
    const first = await loop(gold, 1_000n, 1_001n);
    const second = await loop(weth, amount, 1n);
    const orders = [
      encode(victim, loanOf("operator", await addressOf(gold), 1_000n), first.hops),
      encode(victim, loanOf("balancerV2", weth, amount), second.hops),
    ] as const;
    return {
      strike: () => accomplice.callTwice([victim.address, victim.address], [...orders]),
      loot: () => balanceOf(stage, weth, second.taker),
      worth: amount,
      refusal: `InsufficientProfit(${1n - amount}, 0)`,
    };
  });

  it("fails against FlashArbitrage, which reports for each order its own fee", async () => {
    const victim = await deployVictim(stage(), "FlashArbitrage");
    const accomplice = await accompliceOf(stage(), victim);
    await give(stage(), weth, await addressOf(accomplice), one);
    const approval = erc20Interface.encodeFunctionData("approve", [victim.address, one]);
    await accomplice.call(weth, approval);
    const hops = await honestHops(stage(), one, one / 100n);
    await accomplice.callTwice(
      [victim.address, victim.address],
      [encode(victim, loanOf("aaveV3", weth, one), hops), encode(victim, loanOf("operator", weth, one), hops)],
    );
    const events = await victim.contract.queryFilter(victim.contract.filters.Arbitrage(), -1);
    const fees = events.map(({ args }) => args.fee);
    expect(fees).to.have.length(2);
    expect(Number(fees[0])).to.be.greaterThan(0);
    expect(fees[1], "the wallet takes no fee").to.equal(0n);
  });
});
