import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
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

/** Deploys the contract with an owner, a treasury and an operator of its own. */
export async function deployExecutor({ ethers }: Connection): Promise<Executor> {
  // The first account builds the localnet.
  const [, owner, treasury, operator, stranger, trader] = await ethers.getSigners();
  if (!owner || !treasury || !operator || !stranger || !trader) throw new Error("The network has too few accounts.");
  const flash = await new FlashArbitrage__factory(owner).deploy(owner, treasury, [operator], protocols);
  await flash.waitForDeployment();
  const address = await flash.getAddress();
  return { flash: flash.connect(operator), address, owner, operator, treasury, stranger, trader };
}
