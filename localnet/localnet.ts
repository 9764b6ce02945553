import { createRequire } from "node:module";
import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import { Contract, type ContractRunner, Interface, type InterfaceAbi } from "ethers";
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

/** Loads the published build of a contract from an npm package: `publishedCreation("package/path/Name.json")`. */
export function publishedCreation(specifier: string): Creation {
  const { abi, bytecode } = createRequire(import.meta.url)(specifier) as Creation;
  return { abi, bytecode: bytecode.startsWith("0x") ? bytecode : `0x${bytecode}` };
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
  const call = { from: localnet.owner.address, to: address, data: "0x", gas: "0x1dcd6500" };
  await provider.request({ method: "hardhat_setCode", params: [address, initCode] });
  const runtime = await provider.request({ method: "eth_call", params: [call, "latest"] });
  await provider.request({ method: "eth_sendTransaction", params: [call] });
  await provider.request({ method: "hardhat_setCode", params: [address, runtime] });
  return contractAt(localnet, address, creation.abi);
}

/** Returns the contract at `address`, called by the owner unless `runner` says otherwise. */
export function contractAt(localnet: Localnet, address: Address, abi: InterfaceAbi, runner?: ContractRunner): Contract {
  return new Contract(address, abi, runner ?? localnet.owner);
}
