import { Contract } from "ethers";
import type { Address } from "../../bot/config/chains/chain.ts";
import { type FlashBorrower, FlashBorrower__factory } from "../../types/index.js";
import type { Connection } from "./arbitrum.ts";

/** What a borrower saw while it held its loan. */
export interface Held {
  readonly token: Address;
  readonly amount: bigint;
  readonly fee: bigint;
  /** The borrower's balance, the loan included. */
  readonly balance: bigint;
  readonly initiator: Address;
}

/** Deploys a borrower that does nothing with its flash loans. */
export async function deployFlashBorrower({ ethers }: Connection): Promise<FlashBorrower> {
  const [signer] = await ethers.getSigners();
  if (signer === undefined) throw new Error("The chain under test has no accounts.");
  const borrower = await new FlashBorrower__factory(signer).deploy();
  return borrower.waitForDeployment();
}

/** Borrows for real and returns what the borrower saw. */
export async function borrow(
  borrower: FlashBorrower,
  from: "borrowFromAave" | "borrowFromMorpho",
  lender: Address,
  token: Address,
  amount: bigint,
): Promise<Held> {
  const receipt = await (await borrower[from](lender, token, amount, 0n)).wait();
  const [event] = await borrower.queryFilter(borrower.filters.Held(), receipt?.blockNumber, receipt?.blockNumber);
  if (event === undefined) throw new Error("The borrower never held the loan.");
  const { token: held, amount: lent, fee, balance, initiator } = event.args;
  return { token: held, amount: lent, fee, balance, initiator };
}

/** Reads the balance of `account` in units of `token`. */
export function balanceOf({ ethers }: Connection, token: Address, account: Address): Promise<bigint> {
  const abi = ["function balanceOf(address) view returns (uint256)"];
  return new Contract(token, abi, ethers.provider).getFunction("balanceOf")(account);
}
