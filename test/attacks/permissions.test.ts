import { Contract, MaxUint256, toBeHex, ZeroAddress, ZeroHash, zeroPadValue } from "ethers";
import { arbitrum } from "../../bot/config/chains/arbitrum.ts";
import { tokenOf, venueNames } from "../../bot/config/chains/chain.ts";
import {
  Accomplice__factory,
  ThievingCode__factory,
  TokenCallingHook__factory,
  TokenWithPermit__factory,
  UniformPrices__factory,
} from "../../types/index.js";
import { erc20 } from "../support/erc20.ts";
import { farDeadline, loanOf } from "../support/routes.ts";
import { attacks } from "./attack.ts";
import {
  addressOf,
  allowLoans,
  balanceOf,
  chargeOf,
  coder,
  fillWallet,
  give,
  honestHops,
  hopOf,
  hostilePool,
  loanPayload,
  one,
  order,
  type Stage,
  type Victim,
  weth,
} from "./stage.ts";

const prey = 10n * one;
const [v2, v3] = [venueNames.indexOf("uniswapV2"), venueNames.indexOf("uniswapV3")];

/** Two pools of the attacker's that take `amount` of a token for junk, and give it back with one unit of profit. */
async function throughJunk(stage: Stage, victim: Victim, token: string, amount: bigint) {
  const { junk } = stage;
  const first = { tokenIn: token, tokenOut: junk, amountIn: amount, pays: 1_000n };
  const last = { tokenIn: junk, tokenOut: token, amountIn: 1_000n, pays: amount + 1n };
  const opening = await hostilePool(stage, victim, first);
  const closing = await hostilePool(stage, victim, last);
  return [await hopOf("uniswapV3", opening, junk), await hopOf("uniswapV3", closing, token)];
}

attacks("A1", (attack) => {
  attack({ twin: "CallingAnything" }, async (stage, victim) => {
    const { bystander, gold, operator, stranger } = stage;
    await fillWallet(stage, victim, gold, bystander, prey);
    await fillWallet(stage, victim, weth, operator, 1_000n);
    const theft = gold.interface.encodeFunctionData("transferFrom", [bystander.address, stranger.address, prey]);
    const data = coder.encode(["address", "bytes"], [await addressOf(gold), theft]);
    const [first, last] = await honestHops(stage, 1_000n, 1n);
    if (first === undefined || last === undefined) throw new Error("The honest route has two hops.");
    return {
      strike: () => order(stage, victim, loanOf("operator", weth, 1_000n), [{ ...first, data }, last]),
      loot: () => balanceOf(stage, gold, stranger),
      worth: prey,
      refusal: `InvalidHopData(0, ${v2})`,
    };
  });
});

attacks("A2", (attack) => {
  attack({ twin: "ApprovingForever" }, async (stage, victim) => {
    const { gold, operator, stranger, venue } = stage;
    await fillWallet(stage, victim, weth, operator, 1_000n);
    // An honest trade through an honest router.
    await order(stage, victim, loanOf("operator", weth, 1_000n), await honestHops(stage, 1_000n, 1n));
    await give(stage, gold, victim.address, prey);
    return {
      strike: () => venue.take(gold, victim.address, stranger, prey),
      loot: () => balanceOf(stage, gold, stranger),
      worth: prey,
      refusal: `ERC20InsufficientAllowance(${await addressOf(venue)}, 0, ${prey})`,
    };
  });
});

attacks("A3", (attack) => {
  const usdc = tokenOf(arbitrum, "USDC").address;

  attack({ twin: "BorrowingOnBehalf", onlyLocal: "Aave's own governance must be ours" }, async (stage, victim) => {
    const { bystander, operator } = stage;
    await delegateCredit(stage, victim, 1_000n);
    const id = zeroPadValue(bystander.address, 32);
    const hops = await throughJunk(stage, victim, usdc, 1_000n);
    return {
      strike: () => order(stage, victim, loanOf("operator", usdc, 1_000n), hops, { id }),
      loot: () => balanceOf(stage, usdc, operator),
      worth: 1_000n,
      refusal: `ERC20InsufficientAllowance(${victim.address}, 0, 1000)`,
    };
  });

  /** Lets the victim borrow USDC on the bystander's account, whose owner thinks that the bot needs it. */
  async function delegateCredit(stage: Stage, victim: Victim, amount: bigint): Promise<void> {
    const { bystander, chain, owner } = stage;
    const [admin] = await chain.ethers.getSigners();
    const pool = new Contract(arbitrum.lenders.aaveV3, poolAbi, bystander);
    const provider = new Contract(await pool.getFunction("ADDRESSES_PROVIDER")(), providerAbi, admin);
    await provider.getFunction("setPriceOracle")(await new UniformPrices__factory(owner).deploy());
    const configuratorAddress = await provider.getFunction("getPoolConfigurator")();
    const configurator = new Contract(configuratorAddress, configuratorAbi, admin);
    await configurator.getFunction("configureReserveAsCollateral")(weth, 8_000n, 8_500n, 10_500n);
    await configurator.getFunction("setReserveBorrowing")(usdc, true);
    await give(stage, weth, bystander.address, one);
    await erc20(weth, bystander).approve(arbitrum.lenders.aaveV3, one);
    await pool.getFunction("supply")(weth, one, bystander, 0n);
    const { variableDebt } = await pool.getFunction("getReserveData")(usdc);
    const debt = new Contract(variableDebt, ["function approveDelegation(address, uint256)"], bystander);
    await debt.getFunction("approveDelegation")(victim.address, amount);
  }

  const poolAbi = [
    "function ADDRESSES_PROVIDER() view returns (address)",
    "function supply(address asset, uint256 amount, address onBehalfOf, uint16 code)",
    "function getReserveData(address) view returns ((uint256,uint128,uint128,uint128,uint128,uint128,uint40,uint16,address,address,address variableDebt,address,uint128,uint128,uint128))",
  ];
  const providerAbi = ["function setPriceOracle(address)", "function getPoolConfigurator() view returns (address)"];
  const configuratorAbi = [
    "function configureReserveAsCollateral(address asset, uint256 ltv, uint256 threshold, uint256 bonus)",
    "function setReserveBorrowing(address asset, bool enabled)",
  ];
});

attacks("A4", (attack) => {
  attack(
    { twin: "PublicSpendingWhatLiesThere", sound: "SpendingWhatLiesThere", variant: "by a stranger" },
    async (stage, victim) => {
      const { stranger } = stage;
      await give(stage, weth, victim.address, prey);
      const hops = await throughJunk(stage, victim, weth, prey);
      return {
        strike: () => order(stage, victim, loanOf("operator", weth, prey), hops, { by: stranger }),
        loot: () => balanceOf(stage, weth, stranger),
        worth: prey,
        refusal: `NotOperator(${stranger.address})`,
      };
    },
  );

  attack({ twin: "SpendingWhatLiesThere", variant: "by a leaked key" }, async (stage, victim) => {
    const { gold, operator } = stage;
    await allowLoans(stage, victim, gold);
    await give(stage, gold, victim.address, prey);
    const hops = await throughJunk(stage, victim, await addressOf(gold), prey);
    return {
      strike: () => order(stage, victim, loanOf("operator", gold.target as string, prey), hops),
      loot: () => balanceOf(stage, gold, operator),
      worth: prey,
      refusal: `ERC20InsufficientAllowance(${victim.address}, 0, ${prey})`,
    };
  });
});

attacks("A5", (attack) => {
  attack({ twin: "OpenSetters" }, async (stage, victim) => {
    const { operator, stranger } = stage;
    await fillWallet(stage, victim, weth, operator, 1_000n);
    const hops = await honestHops(stage, 1_000n, 7n);
    return {
      strike: async () => {
        await victim.contract.connect(stranger).setTreasury(stranger);
        await order(stage, victim, loanOf("operator", weth, 1_000n), hops);
      },
      loot: () => balanceOf(stage, weth, stranger),
      worth: 7n,
      refusal: `OwnableUnauthorizedAccount(${stranger.address})`,
    };
  });
});

attacks("A6", (attack) => {
  attack({ twin: "PublicTakingAnyPayload", sound: "TakingAnyPayload" }, async (stage, victim) => {
    const { gold, junk, stranger } = stage;
    await fillWallet(stage, victim, junk, stranger, 1_000n);
    await give(stage, gold, victim.address, prey);
    const first = { tokenIn: junk, tokenOut: gold, amountIn: 1_000n, pays: 1_000n };
    const opening = await hostilePool(stage, victim, first);
    const theft = chargeOf(await addressOf(gold), 1_000n + prey);
    const last = { tokenIn: gold, tokenOut: junk, amountIn: 1_000n, pays: 1_001n, callbacks: [theft] };
    const closing = await hostilePool(stage, victim, last);
    const hops = [await hopOf("uniswapV3", opening, gold), await hopOf("uniswapV3", closing, junk)];
    return {
      strike: () => order(stage, victim, loanOf("operator", junk.target as string, 1_000n), hops, { by: stranger }),
      loot: async () => {
        const held = await balanceOf(stage, gold, closing);
        return held === 0n ? 0n : held - 1_000n;
      },
      worth: prey,
      refusal: `NotOperator(${stranger.address})`,
    };
  });
});

attacks("A7", (attack) => {
  attack({ twin: "AnsweringAnyLender" }, async (stage, { contract, address }) => {
    const { stranger } = stage;
    await give(stage, weth, address, prey);
    const payload = loanPayload(loanOf("aaveV3", weth, prey), []);
    const token = new Contract(weth, ["function transferFrom(address, address, uint256)"], stranger);
    return {
      // The victim repays who called.
      strike: async () => {
        await contract.connect(stranger).executeOperation(weth, prey, 0n, address, payload);
        await token.getFunction("transferFrom")(address, stranger, prey);
      },
      loot: () => balanceOf(stage, weth, stranger),
      worth: prey,
      refusal: `UnannouncedCallback(${stranger.address})`,
    };
  });
});

attacks("M6", (attack) => {
  attack({ twin: "PublicPayingTheCaller", sound: "PayingTheCaller" }, async (stage, victim) => {
    const { operator, stranger } = stage;
    const hops = await honestHops(stage, one, one / 100n);
    const args = [ZeroHash, loanOf("aaveV3", weth, one), hops, 1n, farDeadline] as const;
    const execute = victim.contract.connect(operator).getFunction("execute");
    const profit = await execute.staticCall(...args);
    // What the operator sends is public before it is mined, and after it has failed.
    const { to, data } = await execute.populateTransaction(...args);
    return {
      strike: () => stranger.sendTransaction({ to, data }),
      loot: () => balanceOf(stage, weth, stranger),
      worth: profit,
      refusal: `NotOperator(${stranger.address})`,
    };
  });
});

attacks("O1", (attack) => {
  attack({ twin: "OneKeyForAll" }, async (stage, victim) => {
    const { operator, stranger } = stage;
    await fillWallet(stage, victim, weth, operator, 1_000n);
    const hops = await honestHops(stage, 1_000n, 7n);
    return {
      strike: async () => {
        await victim.contract.connect(operator).setTreasury(stranger);
        await order(stage, victim, loanOf("operator", weth, 1_000n), hops);
      },
      loot: () => balanceOf(stage, weth, stranger),
      worth: 7n,
      refusal: `OwnableUnauthorizedAccount(${operator.address})`,
    };
  });
});

attacks("X1", (attack) => {
  attack({ twin: "EnteringAgain" }, async (stage, victim) => {
    const { gold, junk, owner, stranger } = stage;
    const accomplice = await new Accomplice__factory(stranger).deploy();
    const [accompliceAddress, junkAddress] = [await addressOf(accomplice), await addressOf(junk)];
    await victim.contract.connect(owner).setOperator(accomplice, true);
    await give(stage, weth, victim.address, prey);
    const loan = prey / 2n;

    // The inner order, in junk: what the victim remembers to have held becomes what it holds of junk.
    await give(stage, junk, accompliceAddress, 1_000n);
    await accomplice.call(junk, junk.interface.encodeFunctionData("approve", [victim.address, MaxUint256]));
    const first = { tokenIn: junk, tokenOut: gold, amountIn: 1_000n, pays: 1_000n };
    const last = { tokenIn: gold, tokenOut: junk, amountIn: 1_000n, pays: 1_001n };
    const inner = [
      await hopOf("uniswapV3", await hostilePool(stage, victim, first), gold),
      await hopOf("uniswapV3", await hostilePool(stage, victim, last), junk),
    ];
    const encode = (token: string, amount: bigint, lender: "aaveV3" | "operator", hops: typeof inner) =>
      victim.contract.interface.encodeFunctionData("execute", [
        ZeroHash,
        loanOf(lender, token, amount),
        hops,
        0n,
        farDeadline,
      ]);
    await accomplice.prepare(victim.address, encode(junkAddress, 1_000n, "operator", inner));

    // The outer order loses half of what lies there to the first pool.
    const hooked = await new TokenCallingHook__factory(stranger).deploy("HOOK", 18);
    await hooked.setHook(accomplice, victim.address);
    const taking = { tokenIn: weth, tokenOut: hooked, amountIn: loan, pays: 1_000n };
    const taker = await hostilePool(stage, victim, taking);
    const closing = { tokenIn: hooked, tokenOut: weth, amountIn: 1_000n, pays: 1n };
    const closer = await hostilePool(stage, victim, closing);
    const outer = [await hopOf("uniswapV3", taker, hooked), await hopOf("uniswapV3", closer, weth)];
    return {
      strike: () => accomplice.call(victim.address, encode(weth, loan, "aaveV3", outer)),
      loot: () => balanceOf(stage, weth, taker),
      worth: loan,
      refusal: `HopFailed(1, ${v3}, ReentrancyGuardReentrantCall())`,
    };
  });
});

attacks("X2", (attack) => {
  attack({ twin: "DelegatingToTheTarget" }, async (stage, victim) => {
    const { gold, operator, stranger } = stage;
    await fillWallet(stage, victim, weth, operator, 1_000n);
    await give(stage, gold, victim.address, prey);
    const first = { tokenIn: weth, tokenOut: gold, amountIn: 1_000n, pays: 1_000n };
    const opening = await hostilePool(stage, victim, first);
    const thief = await hostilePool(stage, victim, { tokenIn: gold, tokenOut: weth, amountIn: 1_000n, pays: 1_001n });
    const code = await new ThievingCode__factory(stranger).deploy(thief, 1_001n);
    const hops = [await hopOf("uniswapV3", opening, gold), await hopOf("uniswapV2", code, weth)];
    return {
      strike: () => order(stage, victim, loanOf("operator", weth, 1_000n), hops),
      loot: async () => {
        const held = await balanceOf(stage, gold, thief);
        return held === 0n ? 0n : held - 1_000n;
      },
      worth: prey,
      refusal: "HopInputUnspent(1, 1000)",
    };
  });
});

attacks("X3", (attack) => {
  attack({ twin: "TakingFromAnyWallet" }, async (stage, victim) => {
    const { bystander, gold, operator } = stage;
    await fillWallet(stage, victim, gold, bystander, prey);
    const hops = await throughJunk(stage, victim, await addressOf(gold), prey);
    const id = zeroPadValue(bystander.address, 32);
    return {
      strike: () => order(stage, victim, loanOf("operator", gold.target as string, prey), hops, { id }),
      loot: () => balanceOf(stage, gold, operator),
      worth: prey,
      refusal: `ERC20InsufficientAllowance(${victim.address}, 0, ${prey})`,
    };
  });
});

attacks("X5", (attack) => {
  attack({ twin: "ExecutingLate" }, async (stage, victim) => {
    const { chain, operator, treasury } = stage;
    await fillWallet(stage, victim, weth, operator, 1_000n);
    const hops = await honestHops(stage, 1_000n, 7n);
    const deadline = BigInt(await chain.networkHelpers.time.latest()) + 30n;
    return {
      // Somebody held the signed transaction back for an hour.
      strike: async () => {
        await chain.networkHelpers.time.setNextBlockTimestamp(deadline + 3_600n);
        await order(stage, victim, loanOf("operator", weth, 1_000n), hops, { deadline });
      },
      loot: () => balanceOf(stage, weth, treasury),
      worth: 7n,
      refusal: `DeadlinePassed(${deadline}, ${deadline + 3_600n})`,
    };
  });
});

attacks("X6", (attack) => {
  attack({ twin: "SigningForAnyone" }, async (stage, victim) => {
    const { stranger } = stage;
    const token = await new TokenWithPermit__factory(stranger).deploy("PERMIT", 18);
    await token.mint(victim.address, prey);
    return {
      strike: async () => {
        await token.permit(victim.address, stranger, prey, toBeHex(1n, 65));
        await token.transferFrom(victim.address, stranger, prey);
      },
      loot: () => token.balanceOf(stranger),
      worth: prey,
      refusal: "InvalidSignature()",
    };
  });
});

attacks("X7", (attack) => {
  attack({ twin: "HandingOverAtOnce" }, async (stage, victim) => {
    const { operator, owner, stranger } = stage;
    await fillWallet(stage, victim, weth, operator, 1_000n);
    const hops = await honestHops(stage, 1_000n, 7n);
    // The owner is sent an address that looks like its next one.
    await victim.contract.connect(owner).transferOwnership(stranger);
    return {
      strike: async () => {
        // The owner sees the mistake, and takes it back: the stranger was faster.
        await victim.contract.connect(stranger).setTreasury(stranger);
        await order(stage, victim, loanOf("operator", weth, 1_000n), hops);
      },
      loot: () => balanceOf(stage, weth, stranger),
      worth: 7n,
      refusal: `OwnableUnauthorizedAccount(${stranger.address})`,
    };
  });
});

attacks("O2", (attack) => {
  attack({ twin: "GuardianAsOwner" }, async (stage, victim) => {
    const { operator, owner, stranger } = stage;
    await victim.contract.connect(owner).setGuardian(stranger);
    await fillWallet(stage, victim, weth, operator, 1_000n);
    const hops = await honestHops(stage, 1_000n, 7n);
    return {
      strike: async () => {
        await victim.contract.connect(stranger).setTreasury(stranger);
        await order(stage, victim, loanOf("operator", weth, 1_000n), hops);
      },
      loot: () => balanceOf(stage, weth, stranger),
      worth: 7n,
      refusal: `OwnableUnauthorizedAccount(${stranger.address})`,
    };
  });
});

attacks("X8", (attack) => {
  attack({ twin: "LeavingNoOwner" }, async ({ owner }, { contract, address }) => {
    const data = contract.interface.encodeFunctionData("renounceOwnership");
    return {
      // The owner signs what it does not read.
      strike: () => owner.sendTransaction({ to: address, data }),
      loot: async () => ((await contract.owner()) === ZeroAddress ? 1n : 0n),
      worth: 1n,
      refusal: "OwnerRequired()",
    };
  });
});
