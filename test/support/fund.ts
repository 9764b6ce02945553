import { AbiCoder, Contract, keccak256, toBeHex } from "ethers";
import type { Address } from "../../bot/config/chains/chain.ts";
import type { Connection } from "./arbitrum.ts";

/** Where the balances of ERC-20 contracts are found: plain layouts, and OpenZeppelin 5's namespaced one. */
const candidates: readonly bigint[] = [
  ...Array.from({ length: 64 }, (_, slot) => BigInt(slot)),
  0x52c63247e1f47db19d5ce0460030c497f067ca4cebf71ba98eeadabe20bace00n,
];

const balanceOf = ["function balanceOf(address) view returns (uint256)"];
const slots = new WeakMap<Connection, Map<Address, bigint>>();

/** Sets the token balance of `account` to `amount` units by writing its storage slot, which is found by probing. */
export async function setTokenBalance(
  connection: Connection,
  token: Address,
  account: Address,
  amount: bigint,
): Promise<void> {
  const slot = await balanceSlot(connection, token, account);
  await write(connection, token, account, slot, toBeHex(amount, 32));
}

/** Returns the slot of a token's mapping of balances, found by probing with `account`. */
export async function balanceSlot(connection: Connection, token: Address, account: Address): Promise<bigint> {
  const known = slots.get(connection) ?? new Map<Address, bigint>();
  slots.set(connection, known);
  const slot = known.get(token) ?? (await findSlot(connection, token, account));
  known.set(token, slot);
  return slot;
}

async function findSlot(connection: Connection, token: Address, account: Address): Promise<bigint> {
  const erc20 = new Contract(token, balanceOf, connection.ethers.provider);
  const probe = 0x5157494e54455431n;
  for (const slot of candidates) {
    const key = slotOf(account, slot);
    const before = await connection.ethers.provider.getStorage(token, key);
    await write(connection, token, account, slot, toBeHex(probe, 32));
    const found =
      (await erc20
        .getFunction("balanceOf")(account)
        .catch(() => 0n)) === probe;
    await write(connection, token, account, slot, before);
    if (found) return slot;
  }
  throw new Error(`No balance slot of ${token} among ${candidates.length} candidates: add its layout to fund.ts.`);
}

/** Returns the key of the storage word that holds `account`'s entry of the mapping at `slot`. */
export function slotOf(account: Address, slot: bigint): string {
  return keccak256(AbiCoder.defaultAbiCoder().encode(["address", "uint256"], [account, slot]));
}

async function write(connection: Connection, token: Address, account: Address, slot: bigint, value: string) {
  await connection.provider.request({ method: "hardhat_setStorageAt", params: [token, slotOf(account, slot), value] });
}
