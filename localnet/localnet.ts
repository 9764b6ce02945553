import { createRequire } from "node:module";
import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import {
  Contract,
  type ContractRunner,
  getCreateAddress,
  Interface,
  type InterfaceAbi,
  type TransactionRequest,
  toQuantity,
} from "ethers";
import { artifacts, type network } from "hardhat";
import type { Address } from "../bot/config/chains/chain.ts";

type Connection = Awaited<ReturnType<typeof network.create>>;

/** What is needed to create a contract. */
export interface Creation {
  readonly abi: InterfaceAbi;
  readonly bytecode: string;
}

/** A chain under construction: the connection, and who builds on it. */
export interface Localnet {
  readonly connection: Connection;
  /** Deploys, owns and feeds everything that is not ours. */
  readonly owner: HardhatEthersSigner;
}

type LinkReferences = Record<string, Record<string, readonly { start: number; length: number }[]>>;

/**
 * Loads the published build of a contract from an npm package: `publishedCreation("package/path/Name.json")`.
 *
 * @param libraries the address of each library that the bytecode is linked with, by name
 * @throws when a library is missing
 */
export function publishedCreation(specifier: string, libraries: Readonly<Record<string, Address>> = {}): Creation {
  const artifact = createRequire(import.meta.url)(specifier) as Creation & { linkReferences?: LinkReferences };
  let bytecode = artifact.bytecode.replace(/^(0x)?/, "0x");
  for (const references of Object.values(artifact.linkReferences ?? {})) {
    for (const [name, places] of Object.entries(references)) {
      const library = libraries[name];
      if (library === undefined) throw new Error(`${specifier} must be linked with ${name}.`);
      for (const { start, length } of places) {
        const at = 2 + 2 * start;
        bytecode = bytecode.slice(0, at) + library.slice(2).toLowerCase() + bytecode.slice(at + 2 * length);
      }
    }
  }
  return { abi: artifact.abi, bytecode };
}

/** Loads a contract of this project by name, or by `source:Name`. */
export async function creationOf(name: string): Promise<Creation> {
  return artifacts.readArtifact(name);
}

/**
 * Creates a contract at a given address, as if its constructor ran there: `address(this)` is the real address and what
 * the constructor writes or calls stays.
 *
 * The init code is set as code and run twice: a call returns the runtime code, a transaction keeps the writes.
 *
 * @throws when the constructor reverts
 */
export async function deployAt(
  localnet: Localnet,
  address: Address,
  creation: Creation,
  args: readonly unknown[] = [],
): Promise<Contract> {
  const { provider } = localnet.connection;
  const abi = Interface.from(creation.abi);
  const initCode = creation.bytecode + abi.encodeDeploy(args).slice(2);
  const call = { from: localnet.owner.address, to: address, data: "0x", gas: toQuantity(gasLimit) };
  await provider.request({ method: "hardhat_setCode", params: [address, initCode] });
  const runtime = await provider.request({ method: "eth_call", params: [call, "latest"] });
  await provider.request({ method: "eth_sendTransaction", params: [call] });
  await provider.request({ method: "hardhat_setCode", params: [address, runtime] });
  return contractAt(localnet, address, creation.abi);
}

/** Creates a contract wherever the owner's nonce puts it: for parts whose address nobody knows by heart. */
export async function deploy(localnet: Localnet, creation: Creation, args: readonly unknown[] = []): Promise<Contract> {
  const { owner } = localnet;
  const address = getCreateAddress({ from: owner.address, nonce: await owner.getNonce() });
  const data = creation.bytecode + Interface.from(creation.abi).encodeDeploy(args).slice(2);
  await sendFrom(localnet, owner.address, { data });
  return contractAt(localnet, address, creation.abi);
}

/** Returns the contract at `address`, called by the owner unless `runner` says otherwise. */
export function contractAt(localnet: Localnet, address: Address, abi: InterfaceAbi, runner?: ContractRunner): Contract {
  return new Contract(address, abi, runner ?? ownerOf(localnet));
}

/** More than any transaction of the localnet's construction uses. */
const gasLimit = 500_000_000n;

/** The owner, without the estimates that would run each of the construction's transactions several times. */
function ownerOf(localnet: Localnet): ContractRunner {
  const { provider } = localnet.connection.ethers;
  return {
    provider,
    call: (transaction) => provider.call({ from: localnet.owner.address, ...transaction }),
    resolveName: (name) => provider.resolveName(name),
    async sendTransaction(transaction) {
      const sent = await provider.getTransaction(await sendFrom(localnet, localnet.owner.address, transaction));
      if (sent === null) throw new Error("The localnet lost a transaction.");
      return sent;
    },
  };
}

/**
 * Sends a transaction of an account that the node holds, and mines it.
 *
 * @returns the transaction's hash
 * @throws when it reverts
 */
export async function sendFrom(
  { connection }: Localnet,
  from: Address,
  { to, data, value }: TransactionRequest,
): Promise<string> {
  const transaction = {
    from,
    gas: toQuantity(gasLimit),
    ...(to != null && { to }),
    ...(data != null && { data }),
    ...(value != null && { value: toQuantity(value) }),
  };
  await holdBaseFee(connection);
  return String(await connection.provider.request({ method: "eth_sendTransaction", params: [transaction] }));
}

/** Arbitrum's floor in wei. */
const baseFee = 10_000_000n;

/** Gives the next block Arbitrum's base fee: blocks as empty as the localnet's would let it fall to nothing. */
export async function holdBaseFee({ provider }: Connection): Promise<void> {
  await provider.request({ method: "hardhat_setNextBlockBaseFeePerGas", params: [toQuantity(baseFee)] });
}
