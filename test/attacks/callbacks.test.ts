import { expect } from "chai";
import { Contract, concat, type FunctionFragment, Interface, type ParamType, toBeHex } from "ethers";
import { arbitrum } from "../../bot/config/chains/arbitrum.ts";
import { deploymentsOf, venueNames } from "../../bot/config/chains/chain.ts";
import {
  EtherThief__factory,
  FlashArbitrage__factory,
  Messenger__factory,
  type ScriptedPool,
  SelfDeclaredPool__factory,
} from "../../types/index.js";
import { loanOf, marketsOf } from "../support/routes.ts";
import { attacks, refusalOf, type Strike } from "./attack.ts";
import {
  addressOf,
  balanceOf,
  chargeOf,
  deployVictim,
  fillWallet,
  give,
  hopOf,
  hostilePool,
  loanPayload,
  one,
  openPair,
  order,
  type Script,
  type Stage,
  type Victim,
  weth,
} from "./stage.ts";

/** What lies in the victim, and is what the attacks are after. */
const prey = 10n * one;
const [v2, v3] = [venueNames.indexOf("uniswapV2"), venueNames.indexOf("uniswapV3")];

attacks("C1", (attack, stage) => {
  attack({ twin: "PayingAnyPool" }, async (stage, { address }) => {
    const { stranger } = stage;
    await give(stage, weth, address, prey);
    return {
      strike: () => stranger.sendTransaction({ to: address, data: chargeOf(weth, prey) }),
      loot: () => balanceOf(stage, weth, stranger),
      worth: prey,
      refusal: `UnannouncedCallback(${stranger.address})`,
    };
  });

  /** Who may call what; every other function that is not a view is a callback. */
  const others: Record<string, string> = {
    execute: "NotOperator",
    setOperator: "OwnableUnauthorizedAccount",
    setTreasury: "OwnableUnauthorizedAccount",
    setOperatorLoanCap: "OwnableUnauthorizedAccount",
    setGuardian: "OwnableUnauthorizedAccount",
    pause: "NotGuardian",
    unpause: "OwnableUnauthorizedAccount",
    sweep: "OwnableUnauthorizedAccount",
    transferOwnership: "OwnableUnauthorizedAccount",
    acceptOwnership: "OwnableUnauthorizedAccount",
    renounceOwnership: "OwnerRequired",
  };
  const abi = new Interface(FlashArbitrage__factory.abi);
  const functions: FunctionFragment[] = [];
  abi.forEachFunction((fragment) => {
    if (!fragment.constant) functions.push(fragment);
  });

  it("fails against FlashArbitrage, cold, under every name that the contract answers to", async () => {
    const { address } = await deployVictim(stage(), "FlashArbitrage");
    const { stranger, chain } = stage();
    const callers = [stranger];
    for (const lender of Object.values(arbitrum.lenders)) {
      await chain.networkHelpers.impersonateAccount(lender);
      await chain.networkHelpers.setBalance(lender, one);
      callers.push(await chain.ethers.getSigner(lender));
    }
    await give(stage(), weth, address, prey);
    let callbacks = 0;
    for (const fragment of functions) {
      const { name } = fragment;
      const error = others[name] ?? "UnannouncedCallback";
      if (error === "UnannouncedCallback") callbacks++;
      const data = abi.encodeFunctionData(fragment, fragment.inputs.map(plausible));
      for (const caller of callers) {
        const refusal = await refusalOf(() => caller.sendTransaction({ to: address, data }));
        const named = error === "OwnerRequired" ? "" : caller.address;
        expect(refusal, `${name} called by ${caller.address}`).to.equal(`${error}(${named})`);
      }
    }
    // Three lenders and three names for a pool's callback at least.
    expect(callbacks).to.be.at.least(6);
    expect(await balanceOf(stage(), weth, address)).to.equal(prey);
  });

  /** Returns an argument that no decoder refuses, and that would move money where it counts. */
  function plausible(type: ParamType): unknown {
    if (type.arrayChildren) return [plausible(type.arrayChildren)];
    if (type.components) return Object.fromEntries(type.components.map((part) => [part.name, plausible(part)]));
    if (type.baseType === "address") return weth;
    if (type.baseType === "bool") return true;
    if (type.baseType === "bytes") return chargeOf(weth, one);
    if (type.baseType === "bytes32") return `0x${"01".repeat(32)}`;
    return type.baseType === "uint8" ? 1n : 1_000n;
  }
});

attacks("C2", (attack, stage) => {
  const aaveAbi = [
    "function flashLoanSimple(address receiver, address asset, uint256 amount, bytes params, uint16 code)",
  ];
  const vaultAbi = ["function flashLoan(address recipient, address[] tokens, uint256[] amounts, bytes userData)"];
  const loan = 9n * one;

  /** A loan's payload with a route that ends in the attacker's pool: the victim repays out of what lies there. */
  async function forged(stage: Stage, victim: Victim): Promise<{ pool: ScriptedPool; payload: string }> {
    await give(stage, weth, victim.address, prey);
    const script = { tokenIn: weth, tokenOut: stage.junk, amountIn: loan, pays: 1n };
    const pool = await hostilePool(stage, victim, script);
    const hops = [await hopOf("uniswapV3", pool, stage.junk)];
    return { pool, payload: loanPayload(loanOf("aaveV3", weth, loan), hops) };
  }

  attack({ twin: "AnsweringKnownLenders", variant: "with a loan of Aave" }, async (stage, victim) => {
    const { pool, payload } = await forged(stage, victim);
    const aave = new Contract(arbitrum.lenders.aaveV3, aaveAbi, stage.stranger);
    return {
      strike: () => aave.getFunction("flashLoanSimple")(victim.address, weth, loan, payload, 0),
      loot: () => balanceOf(stage, weth, pool),
      worth: loan,
      refusal: `UnannouncedCallback(${arbitrum.lenders.aaveV3})`,
    };
  });

  attack({ twin: "AnsweringKnownLenders", variant: "with a loan of Balancer" }, async (stage, victim) => {
    const { pool, payload } = await forged(stage, victim);
    const vault = new Contract(arbitrum.lenders.balancerV2, vaultAbi, stage.stranger);
    return {
      strike: () => vault.getFunction("flashLoan")(victim.address, [weth], [loan], payload),
      loot: () => balanceOf(stage, weth, pool),
      worth: loan,
      refusal: `UnannouncedCallback(${arbitrum.lenders.balancerV2})`,
    };
  });

  /** Pools that lend to whom they are told to, and call there in the name of who asks. */
  for (const { venue, ask } of [
    { venue: "dodo", ask: "function flashLoan(uint256 base, uint256 quote, address assetTo, bytes data)" },
    { venue: "uniswapV2", ask: "function swap(uint256 amount0Out, uint256 amount1Out, address to, bytes data)" },
  ] as const) {
    it(`fails against FlashArbitrage, with a loan of a pool of ${venue}`, async () => {
      const victim = await deployVictim(stage(), "FlashArbitrage");
      const { payload } = await forged(stage(), victim);
      const [market] = (await marketsOf(stage().chain, venue)).filter(
        ({ pool }) => !("variant" in pool) || pool.variant !== "classical",
      );
      if (market === undefined) throw new Error(`No pool of ${venue} is on this chain.`);
      const pool = new Contract(market.pool.address, [ask], stage().stranger);
      const [name] = pool.interface.fragments.map((fragment) => fragment.format("sighash"));
      const refusal = await refusalOf(() => pool.getFunction(name ?? "")(1n, 0n, victim.address, payload));
      expect(refusal).to.equal(`UnannouncedCallback(${market.pool.address})`);
    });
  }
});

attacks("C3", (attack) => {
  attack({ twin: "AskingThePoolForItsFactory" }, async (stage, { address }) => {
    const pool = await new SelfDeclaredPool__factory(stage.stranger).deploy();
    await give(stage, weth, address, prey);
    return {
      strike: () => pool.charge(address, weth, prey),
      loot: () => balanceOf(stage, weth, pool),
      worth: prey,
      refusal: `UnannouncedCallback(${await pool.getAddress()})`,
    };
  });
});

/**
 * A route WETH → gold → WETH of an operator's through two hostile pools. The second one, whose input is the prey of most
 * attacks, calls back as it is told.
 */
async function goldRoute(
  stage: Stage,
  victim: Victim,
  second: Pick<Script, "callbacks">,
  amount = 1_000n,
): Promise<{ pool: ScriptedPool; poolAddress: string; strike: () => Promise<unknown> }> {
  const { gold, operator } = stage;
  await fillWallet(stage, victim, weth, operator, amount);
  await give(stage, gold, victim.address, prey);
  const first = { tokenIn: weth, tokenOut: gold, amountIn: amount, pays: amount };
  const opening = await hostilePool(stage, victim, first);
  const closing = { tokenIn: gold, tokenOut: weth, amountIn: amount, pays: amount + 1n, ...second };
  const pool = await hostilePool(stage, victim, closing);
  const hops = [await hopOf("uniswapV3", opening, gold), await hopOf("uniswapV3", pool, weth)];
  return {
    pool,
    poolAddress: await pool.getAddress(),
    strike: () => order(stage, victim, loanOf("operator", weth, amount), hops),
  };
}

attacks("C4", (attack) => {
  attack({ twin: "SharingAWord", sound: "TakingAnyPayload" }, async (stage, victim) => {
    const { gold, junk, operator, stranger } = stage;
    const thief = await new Messenger__factory(stranger).deploy();
    const thiefAddress = await thief.getAddress();
    // The first payment is a number that is also an address.
    const amount = BigInt(thiefAddress);
    await fillWallet(stage, victim, junk, operator, amount);
    await give(stage, weth, victim.address, prey);
    const first = { tokenIn: junk, tokenOut: gold, amountIn: amount, pays: 1_000n };
    const opening = await hostilePool(stage, victim, first);
    const theft = thief.interface.encodeFunctionData("call", [victim.address, chargeOf(weth, prey)]);
    await opening.prepare(thiefAddress, theft, true);
    const last = { tokenIn: gold, tokenOut: junk, amountIn: 1_000n, pays: amount + 1n };
    const closing = await hostilePool(stage, victim, last);
    const hops = [await hopOf("uniswapV3", opening, gold), await hopOf("uniswapV3", closing, junk)];
    return {
      strike: () => order(stage, victim, loanOf("operator", junk.target as string, amount), hops),
      loot: () => balanceOf(stage, weth, thief),
      worth: prey,
      refusal: `HopFailed(0, ${v3}, UnannouncedCallback(${thiefAddress}))`,
    };
  });
});

attacks("C5", (attack) => {
  attack({ twin: "PayingTwice" }, async (stage, victim): Promise<Strike> => {
    const charge = chargeOf(await addressOf(stage.gold), 1_000n);
    const { pool, poolAddress, strike } = await goldRoute(stage, victim, { callbacks: [charge, charge] });
    return {
      strike,
      loot: () => beyond(1_000n, balanceOf(stage, stage.gold, pool)),
      worth: 1_000n,
      refusal: `HopFailed(1, ${v3}, UnannouncedCallback(${poolAddress}))`,
    };
  });
});

attacks("C6", (attack) => {
  attack({ twin: "TakingAnyPayload" }, async (stage, victim): Promise<Strike> => {
    const charge = chargeOf(await addressOf(stage.gold), 1_000n + prey);
    const { pool, poolAddress, strike } = await goldRoute(stage, victim, { callbacks: [charge] });
    return {
      strike,
      loot: () => beyond(1_000n, balanceOf(stage, stage.gold, pool)),
      worth: prey,
      refusal: `HopFailed(1, ${v3}, UnannouncedCallback(${poolAddress}))`,
    };
  });
});

/** Returns what a balance is above what its holder is owed. */
async function beyond(owed: bigint, balance: Promise<bigint>): Promise<bigint> {
  const held = await balance;
  return held > owed ? held - owed : 0n;
}

attacks("C7", (attack) => {
  attack({ twin: "ListeningToEther" }, async (stage, { address }) => {
    const thief = await new EtherThief__factory(stage.stranger).deploy();
    await give(stage, weth, address, prey);
    return {
      strike: () => thief.strike(address, chargeOf(weth, prey), { value: 1n }),
      loot: () => balanceOf(stage, weth, thief),
      worth: prey,
      refusal: `UnexpectedEther(${await thief.getAddress()})`,
    };
  });
});

attacks("C8", (attack, stage) => {
  attack({ twin: "BelievingTheTarget" }, async (stage, victim) => {
    const { gold, operator } = stage;
    await fillWallet(stage, victim, weth, operator, 1_000n);
    await give(stage, gold, victim.address, prey);
    // It is paid and pays nothing, but says that it paid what lies there.
    const first = { tokenIn: weth, tokenOut: gold, amountIn: 1_000n, pays: 0n, says: prey };
    const opening = await hostilePool(stage, victim, first);
    const last = { tokenIn: gold, tokenOut: weth, amountIn: prey, pays: 1_001n };
    const closing = await hostilePool(stage, victim, last);
    const hops = [await hopOf("uniswapV3", opening, gold), await hopOf("uniswapV3", closing, weth)];
    return {
      strike: () => order(stage, victim, loanOf("operator", weth, 1_000n), hops),
      loot: () => balanceOf(stage, gold, closing),
      worth: prey,
      refusal: `TransferShort(${await addressOf(gold)}, 0, ${prey})`,
    };
  });

  it("fails against FlashArbitrage, where the pool says that it sent the output on to a pair", async () => {
    const victim = await deployVictim(stage(), "FlashArbitrage");
    const { gold, operator } = stage();
    await fillWallet(stage(), victim, weth, operator, 1_000n);
    await give(stage(), gold, victim.address, prey);
    const [deployment] = deploymentsOf(arbitrum, "uniswapV2");
    if (deployment === undefined) throw new Error("The chain file lists no factory of Uniswap V2's kind.");
    const pair = await openPair(stage(), deployment, one, gold, one);
    const first = { tokenIn: weth, tokenOut: gold, amountIn: 1_000n, pays: 0n, says: prey };
    const opening = await hostilePool(stage(), victim, first);
    // A pair's hop names the pair's fee, and no limit of its price.
    const feeAndLimit = concat([toBeHex(3_000, 3), toBeHex(0, 20)]);
    const hops = [await hopOf("uniswapV3", opening, gold), await hopOf("uniswapV2", pair, weth, feeAndLimit)];
    const refusal = await refusalOf(() => order(stage(), victim, loanOf("operator", weth, 1_000n), hops));
    expect(refusal).to.equal(`HopFailed(1, ${v2}, Error(UniswapV2: INSUFFICIENT_INPUT_AMOUNT))`);
    expect(await balanceOf(stage(), gold, victim.address), "what lay there").to.equal(prey);
    expect(await balanceOf(stage(), weth, opening)).to.equal(0n);
  });
});
