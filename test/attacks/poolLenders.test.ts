import { Interface, ZeroHash } from "ethers";
import { lenderNames } from "../../bot/config/chains/chain.ts";
import type { LoanStruct } from "../../types/contracts/interfaces/IFlashArbitrage.js";
import { Accomplice__factory, type ScriptedLender, ScriptedLender__factory } from "../../types/index.js";
import { farDeadline } from "../support/routes.ts";
import { attacks } from "./attack.ts";
import {
  balanceOf,
  give,
  hopOf,
  hostilePool,
  loanPayload,
  one,
  order,
  type Stage,
  type Victim,
  weth,
} from "./stage.ts";

/** What lies in the victim, and is what the attacks are after. */
const prey = 10n * one;
const amount = prey / 2n;
const lenderNumber = lenderNames.indexOf("concentratedFlash");
const flash = new Interface(["function uniswapV3FlashCallback(uint256 fee0, uint256 fee1, bytes data)"]);

/** A pool of the attacker's that gives a borrower `gives` WETH, whatever it is asked for, and a loan of it. */
async function hostileLender(
  stage: Stage,
  { gives, fee }: { readonly gives: bigint; readonly fee: bigint | undefined },
): Promise<{ lender: ScriptedLender; loan: LoanStruct }> {
  const lender = await new ScriptedLender__factory(stage.stranger).deploy();
  const source = await lender.getAddress();
  await give(stage, weth, source, gives);
  await lender.script(weth, gives, fee !== undefined, fee ?? 0n);
  return { lender, loan: { lender: lenderNumber, source, token: weth, amount, fee: 0n } };
}

/** Two pools of the attacker's: the first takes the loan for junk, the second pays `pays` WETH for that. */
async function throughJunk(stage: Stage, victim: Victim, pays: bigint) {
  const { junk } = stage;
  const taker = await hostilePool(stage, victim, { tokenIn: weth, tokenOut: junk, amountIn: amount, pays: 1_000n });
  const giver = await hostilePool(stage, victim, { tokenIn: junk, tokenOut: weth, amountIn: 1_000n, pays });
  return { taker, hops: [await hopOf("uniswapV3", taker, junk), await hopOf("uniswapV3", giver, weth)] };
}

attacks("C9", (attack) => {
  attack({ twin: "WaitingForTheLender" }, async (stage, victim) => {
    const { contract, address } = victim;
    const accomplice = await new Accomplice__factory(stage.stranger).deploy();
    await contract.connect(stage.owner).setOperator(accomplice, true);
    await give(stage, weth, address, prey);
    // A unit is a gift, which the execution earns.
    const { lender, loan } = await hostileLender(stage, { gives: 1n, fee: undefined });
    const { taker, hops } = await throughJunk(stage, victim, 1n);
    const execution = contract.interface.encodeFunctionData("execute", [ZeroHash, loan, hops, 0n, farDeadline]);
    const callback = flash.encodeFunctionData("uniswapV3FlashCallback", [0n, 0n, loanPayload(loan, hops)]);
    const late = lender.interface.encodeFunctionData("call", [address, callback]);
    return {
      // The route spends what lies there, and as much is paid back to who has lent nothing.
      strike: () => accomplice.callTwice([address, lender], [execution, late]),
      loot: () => balanceOf(stage, weth, taker),
      worth: amount,
      refusal: `LoanNotDelivered(${lenderNumber})`,
    };
  });
});

attacks("X9", (attack) => {
  attack({ twin: "PayingAnyFee" }, async (stage, victim) => {
    await give(stage, weth, victim.address, prey);
    const fee = prey / 2n;
    const { lender, loan } = await hostileLender(stage, { gives: amount, fee });
    const { hops } = await throughJunk(stage, victim, amount + 1n);
    return {
      strike: () => order(stage, victim, loan, hops),
      loot: async () => {
        const held = await balanceOf(stage, weth, lender);
        return held > amount ? held - amount : 0n;
      },
      worth: fee,
      refusal: `InsufficientProfit(${1n - fee}, 0)`,
    };
  });
});
