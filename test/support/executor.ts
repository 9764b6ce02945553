import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import { MaxUint256 } from "ethers";
import { arbitrum } from "../../bot/config/chains/arbitrum.ts";
import { deploymentsOf } from "../../bot/config/chains/chain.ts";
import { type FlashArbitrage, FlashArbitrage__factory } from "../../types/index.js";
import type { Connection } from "./arbitrum.ts";

/** The contract under test on the chain under test, and everyone who meets it. */
export interface Executor {
  readonly flash: FlashArbitrage;
  readonly address: string;
  readonly owner: HardhatEthersSigner;
  /** Calls `flash` unless a test connects someone else. */
  readonly operator: HardhatEthersSigner;
  readonly treasury: HardhatEthersSigner;
  readonly guardian: HardhatEthersSigner;
  readonly stranger: HardhatEthersSigner;
  /** Moves markets. */
  readonly trader: HardhatEthersSigner;
}

const [dodo] = deploymentsOf(arbitrum, "dodo");
if (dodo === undefined) throw new Error("The chain file lists no deployment of DODO.");

/** The constructor's view of the chain file. */
export const protocols = {
  ...arbitrum.lenders,
  dodoApprove: dodo.approve,
  weth: arbitrum.weth,
};

/** Lets the operator's wallet finance any route: what the cap is set to is the test's affair where it matters. */
export const uncapped = arbitrum.tokens.map(({ address: token }) => ({ token, amount: MaxUint256 }));

/** Deploys the contract with an owner, a treasury, a guardian and an operator of its own. */
export async function deployExecutor({ ethers }: Connection): Promise<Executor> {
  // The first account builds the localnet.
  const [, owner, treasury, operator, stranger, trader, guardian] = await ethers.getSigners();
  if (!owner || !treasury || !operator || !stranger || !trader || !guardian) {
    throw new Error("The network has too few accounts.");
  }
  const factory = new FlashArbitrage__factory(owner);
  const flash = await factory.deploy(owner, treasury, guardian, [operator], uncapped, protocols);
  await flash.waitForDeployment();
  const address = await flash.getAddress();
  return { flash: flash.connect(operator), address, owner, operator, treasury, guardian, stranger, trader };
}
