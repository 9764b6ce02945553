import { expect } from "chai";
import { AbiCoder, ZeroAddress } from "ethers";
import { createBot, openRpc } from "../../bot/bot.ts";
import { type CheckPorts, checkChain } from "../../bot/check/check.ts";
import { arbitrum } from "../../bot/config/chains/arbitrum.ts";
import { deploymentsOf } from "../../bot/config/chains/chain.ts";
import { parseConfig } from "../../bot/config/config.ts";
import { openLedger } from "../../bot/ledger/ledger.ts";
import { createLog } from "../../bot/log.ts";
import { readAll } from "../../bot/rpc/multicall.ts";
import { venues } from "../../bot/venues/registry.ts";
import { feedOf } from "../../localnet/chainlink.ts";
import { useArbitrum } from "../support/arbitrum.ts";

describe("bot: self-check", () => {
  const getConnection = useArbitrum();
  const nobody = { contract: undefined, operator: undefined };

  /** The chain under test, except where `change` says otherwise. */
  function ports(change: { readonly bare?: string; readonly answers?: Record<string, string> } = {}): CheckPorts {
    const { provider } = getConnection().ethers;
    return {
      codeOf: async (address) => (address === change.bare ? "0x" : provider.getCode(address)),
      codeMadeBy: (creation) => provider.call({ data: creation }),
      reader: {
        read: async (calls) => {
          const results = await readAll((to, data) => provider.call({ to, data }), arbitrum.multicall3, calls);
          return results.map((result, index) => {
            const { target = "", data = "" } = calls[index] ?? {};
            const answer = change.answers?.[`${target} ${data.slice(0, 10)}`];
            return answer === undefined ? result : { success: true, data: answer };
          });
        },
      },
    };
  }
  const problemsOf = async (name: string, change: Parameters<typeof ports>[0]) => {
    const findings = await checkChain(arbitrum, venues, nobody, ports(change));
    return findings.find((finding) => finding.name === name)?.problems.join("; ");
  };
  const [ramses] = deploymentsOf(arbitrum, "solidly");
  const [woofi] = deploymentsOf(arbitrum, "woofi");
  const [dodo] = deploymentsOf(arbitrum, "dodo");
  if (ramses === undefined || woofi === undefined || dodo === undefined)
    throw new Error("The chain file is incomplete.");
  const zero = AbiCoder.defaultAbiCoder().encode(["address"], [ZeroAddress]);

  it("disables a deployment of which one address carries no code, and names the address", async () => {
    expect(await problemsOf(ramses.name, { bare: ramses.router })).to.equal(`no code at ${ramses.router} (router)`);
  });

  it("disables a router that belongs to another factory", async () => {
    const answers = { [`${ramses.router} 0xc45a0155`]: zero };
    expect(await problemsOf(ramses.name, { answers })).to.equal(
      `factory() of ${ramses.router} is ${ZeroAddress}, not ${ramses.factory}`,
    );
  });

  it("disables WOOFi when its pool asks another oracle, and DODO when its proxy is no longer allowed", async () => {
    const oracle = { [`${woofi.pool} 0xbc8530f9`]: zero };
    expect(await problemsOf(woofi.name, { answers: oracle })).to.contain(`not ${woofi.oracle}`);
    const proxy = { [`${dodo.approveProxy} 0x48a4f993`]: zero };
    expect(await problemsOf(dodo.name, { answers: proxy })).to.contain("is false, not true");
  });

  it("disables a feed of another pair", async () => {
    const feed = feedOf(arbitrum.weth);
    const answers = { [`${feed.address} 0x7284e416`]: AbiCoder.defaultAbiCoder().encode(["string"], ["BTC / USD"]) };
    expect(await problemsOf("WETH price", { answers })).to.contain("is BTC / USD, not ETH / USD");
  });

  it("keeps the bot off the pools of a disabled deployment", async () => {
    const config = parseConfig({
      file: undefined,
      env: { ARBITRUM_RPC_URL: "http://in.process" },
      needs: { contract: false, operator: false },
    });
    const broken = arbitrum.deployments.map((deployment) =>
      deployment.name === ramses.name
        ? { ...deployment, router: "0x00000000000000000000000000000000000000A1" }
        : deployment,
    );
    const changed = { ...config, chain: { ...arbitrum, deployments: broken } };
    const log = createLog("silent", String);
    const rpc = await openRpc(getConnection().ethers.provider, changed, log);
    const ledger = openLedger(":memory:");
    const { market } = await createBot({ config: changed, rpc, ledger, log, mode: "shadow" });
    ledger.close();
    const names = new Set(market.pools.map(({ deployment }) => deployment));
    expect(names.has(ramses.name)).to.equal(false);
    expect(names.size).to.be.greaterThan(0);
  });
});
