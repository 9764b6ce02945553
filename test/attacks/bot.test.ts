import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { Contract, hexlify, randomBytes, toBeHex, Wallet, ZeroAddress, zeroPadValue } from "ethers";
import JSON5 from "json5";
import { type CheckPorts, checkChain } from "../../bot/check/check.ts";
import { arbitrum } from "../../bot/config/chains/arbitrum.ts";
import { type Address, deploymentsOf, type Token, tokenOf } from "../../bot/config/chains/chain.ts";
import { ConfigError, parseConfig } from "../../bot/config/config.ts";
import { isNoTrade } from "../../bot/domain/noTrade.ts";
import { isRefusal } from "../../bot/domain/quote.ts";
import { openLedger } from "../../bot/ledger/ledger.ts";
import { createLog } from "../../bot/log.ts";
import { simulate } from "../../bot/pipeline/simulate.ts";
import { stakeOf } from "../../bot/risk/limits.ts";
import { createReservations } from "../../bot/risk/reservations.ts";
import { createExecutor } from "../../bot/rpc/chainPorts.ts";
import { connectEndpoints } from "../../bot/rpc/endpoints.ts";
import { createRedact } from "../../bot/rpc/redact.ts";
import { lockKey } from "../../bot/sender/lock.ts";
import { dodo } from "../../bot/venues/dodo.ts";
import { venues } from "../../bot/venues/registry.ts";
import { uniswapV2 } from "../../bot/venues/uniswapV2.ts";
import type { Venue } from "../../bot/venues/venue.ts";
import { EventForger__factory, PairMovingAnother__factory, TokenTurningPoisonous__factory } from "../../types/index.js";
import { useArbitrum } from "../support/arbitrum.ts";
import { deployExecutor } from "../support/executor.ts";
import { dislocatedPools, memoryPool, memorySnapshot, memoryVenues } from "../support/memoryMarket.ts";
import { memoryOrder, memoryOrders } from "../support/memoryOrder.ts";
import { readerAt } from "../support/reader.ts";
import { wideLimits } from "../support/riskLimits.ts";
import { farDeadline, legThrough, loanOf, type Market, quoteNow } from "../support/routes.ts";
import { startScriptedNode } from "../support/scriptedNode.ts";
import { attacksOnBot } from "./attack.ts";
import {
  balanceOf,
  createStage,
  deployVictim,
  fillWallet,
  give,
  honestHops,
  hopOf,
  hostilePool,
  one,
  openPair,
  order,
  type Stage,
  type Victim,
  weth,
} from "./stage.ts";

const usdc = tokenOf(arbitrum, "USDC").address;
// Each pool below is one of its own.
const venue = uniswapV2 as unknown as Venue;

/** What the bot asks of a victim about its transactions. */
function executorAt({ chain, operator }: Stage, { address }: Victim) {
  return createExecutor({
    provider: chain.ethers.provider,
    attempt: (_, work) => work(),
    chain: arbitrum,
    venues: memoryVenues,
    contract: address,
    operator: operator.address,
    maxGasPriceWei: 10n ** 9n,
    tipWei: 0n,
    maxOrderUsdE8: 0n,
    ownCapitalProfile: "moderate",
    baseFeeWei: () => 10n ** 7n,
  });
}

attacksOnBot("P6", (attack) => {
  const chain = useArbitrum();

  attack("the bot that looks into its own wallet", async (isDefended) => {
    const stage = await createStage(chain());
    const victim = await deployVictim(stage, "FlashArbitrage");
    const before = new Map([[stage.operator.address, await balanceOf(stage, weth, stage.operator)]]);
    await order(stage, victim, loanOf("aaveV3", weth, one), await honestHops(stage, one, one / 100n));
    const earned = await balanceOf(stage, weth, stage.treasury);
    const block = BigInt(await chain().ethers.provider.getBlockNumber());
    const account = isDefended ? await executorAt(stage, victim).treasuryAt(block) : stage.operator.address;
    const seen = account === undefined ? 0n : (await balanceOf(stage, weth, account)) - (before.get(account) ?? 0n);
    // What it does not see it takes for a loss, and stops.
    return { loot: earned - seen };
  });
});

attacksOnBot("M8", (attack) => {
  const chain = useArbitrum();

  attack("the bot that believes every event", async (isDefended) => {
    const stage = await createStage(chain());
    const victim = await deployVictim(stage, "FlashArbitrage");
    const { gold, operator, stranger } = stage;
    await fillWallet(stage, victim, weth, operator, 1_000n);
    const forger = await new EventForger__factory(stranger).deploy();
    const id = zeroPadValue("0x1d", 32);
    const { topicHash } = victim.contract.interface.getEvent("Arbitrage");
    const forged = forger.interface.encodeFunctionData("forge", [
      [topicHash, id, zeroPadValue(weth, 32), toBeHex(0, 32)],
      `0x${[1_000n, 0n, 1_000n * one].map((word) => toBeHex(word, 32).slice(2)).join("")}`,
    ]);
    const first = { tokenIn: weth, tokenOut: gold, amountIn: 1_000n, pays: 1_000n };
    const opening = await hostilePool(stage, victim, first);
    await opening.prepare(forger, forged, true);
    const last = { tokenIn: gold, tokenOut: weth, amountIn: 1_000n, pays: 1_001n };
    const closing = await hostilePool(stage, victim, last);
    const hops = [await hopOf("uniswapV3", opening, gold), await hopOf("uniswapV3", closing, weth)];
    await order(stage, victim, loanOf("operator", weth, 1_000n), hops, { id });
    const block = await chain().ethers.provider.getBlock("latest");
    const hash = block?.transactions[0] ?? "";
    const { logs = [] } = (await chain().ethers.provider.getTransactionReceipt(hash)) ?? {};
    const events = logs.map((log) => victim.contract.interface.parseLog(log));
    const believed = events.find((event) => event?.args.id === id)?.args.profit;
    const realised = isDefended ? executorAt(stage, victim).profitIn(logs, id) : believed;
    return { loot: (realised ?? 0n) - 1n };
  });
});

attacksOnBot("M1", (attack) => {
  const chain = useArbitrum();

  attack("the bot that trades every token", async (isDefended) => {
    const stage = await createStage(chain());
    const victim = await deployVictim(stage, "FlashArbitrage");
    const { operator, stranger } = stage;
    const token = await new TokenTurningPoisonous__factory(stranger).deploy("PEPE", 18);
    const poison: Token = { symbol: "PEPE", address: await token.getAddress(), decimals: 18 };

    // Two pairs of real factories, in which the token costs twice as much as in the other.
    const [cheap, dear] = deploymentsOf(arbitrum, "uniswapV2");
    if (cheap === undefined || dear === undefined) throw new Error("The chain file lists too few factories.");
    await openPair(stage, cheap, 10n * one, token, 20n * one);
    await openPair(stage, dear, 10n * one, token, 10n * one);

    const known = isDefended ? arbitrum.tokens : [...arbitrum.tokens, poison];
    const markets = await Promise.all(
      [cheap, dear].map(async (deployment) => {
        const pools = await venue.discover(deployment, known, readerAt(chain()));
        const pool = pools.find(({ tokens }) => tokens.includes(poison.address));
        return pool && ({ venue, deployment, pool, way: "through its router" } satisfies Market);
      }),
    );
    const [buying, selling] = markets;
    if (buying === undefined || selling === undefined) return { loot: 0n };
    const hops = [legThrough(buying, weth, poison.address).hop, legThrough(selling, poison.address, weth).hop];
    const args = [zeroPadValue("0x1d", 32), loanOf("aaveV3", weth, one), hops, 1n, farDeadline] as const;
    const execute = victim.contract.connect(operator).getFunction("execute");
    const simulated: bigint = await execute.staticCall(...args);
    // The attacker sees the order coming.
    await token.poison(5_000n);
    const before = await chain().ethers.provider.getBalance(operator);
    const landed = await execute(...args, { gasLimit: 3_000_000n }).then(
      () => true,
      () => false,
    );
    const spent = before - (await chain().ethers.provider.getBalance(operator));
    return { loot: simulated > 0n && !landed ? spent : 0n };
  });
});

attacksOnBot("M2", (attack) => {
  attack("the bot without a sanity band", async (isDefended) => {
    const [sound] = dislocatedPools();
    if (sound === undefined) throw new Error("There is no sound pool.");
    // A pool that pays half as much again as WETH costs elsewhere.
    const broken = memoryPool(
      7,
      "woofi",
      new Map([
        [weth, 1_000n * one],
        [usdc, 4_500_000n * 10n ** 6n],
      ]),
    );
    const unlimited = { maxPriceDeviationBps: 10n ** 9n, maxProfitBps: 10n ** 9n };
    const orders = memoryOrders(memorySnapshot([sound, broken]), isDefended ? {} : unlimited);
    const taken = orders.map(({ sized }) => sized).find((sized) => !isNoTrade(sized));
    const refusals = orders.flatMap(({ sized }) => (isNoTrade(sized) ? [sized.noTrade] : []));
    return { loot: taken === undefined || isNoTrade(taken) ? 0n : taken.amount, refusal: refusals.join(", ") };
  });
});

attacksOnBot("M3", (attack) => {
  const chain = useArbitrum();

  attack("the bot that trusts its quotes", async (isDefended) => {
    const stage = await createStage(chain());
    const [deployment] = deploymentsOf(arbitrum, "uniswapV2");
    if (deployment === undefined) throw new Error("The chain file lists no factory of Uniswap V2's kind.");
    const pools = await uniswapV2.discover(deployment, arbitrum.tokens, readerAt(chain()));
    const pool = pools.find(({ tokens }) => tokens.includes(weth) && tokens.includes(usdc));
    if (pool === undefined) throw new Error(`${deployment.name} has no pair of WETH and USDC.`);
    const market: Market = { venue, deployment, pool, way: "through its router" };

    // In the middle of the bot's reads, somebody buys half of the pair's USDC.
    const held = await balanceOf(stage, weth, pool.address);
    const bought = await quoteNow(chain(), market, weth, usdc, held);
    if (isRefusal(bought)) throw new Error(bought.detail);
    const [out0, out1] = pool.tokens[0] === usdc ? [bought, 0n] : [0n, bought];
    const hostile = await new PairMovingAnother__factory(stage.stranger).deploy(pool.address, weth, held, out0, out1);
    await give(stage, weth, await hostile.getAddress(), held);
    const [ofHostile] = uniswapV2.reads({ ...pool, address: await hostile.getAddress() });
    const results = await readerAt(chain()).read([...(ofHostile ? [ofHostile] : []), ...uniswapV2.reads(pool)]);
    const state = uniswapV2.decode(pool, results.slice(1), 0n);
    if (isRefusal(state)) throw new Error(state.detail);
    const quoted = uniswapV2.quote(pool, state, { tokenIn: usdc, tokenOut: weth, amountIn: 1_000_000n });
    const truth = await quoteNow(chain(), market, usdc, weth, 1_000_000n);
    if (isRefusal(quoted) || isRefusal(truth)) throw new Error("The pair quotes nothing.");
    const error = quoted > truth ? quoted - truth : truth - quoted;

    if (!isDefended) return { loot: error };
    const { order } = memoryOrder();
    const verdict = await simulate(
      { ...order, expected: quoted },
      async () => ({ kind: "returned", profit: truth, gas: 1n }),
      () => false,
    );
    return { loot: verdict.kind === "confirmed" ? error : 0n, refusal: verdict.kind };
  });
});

attacksOnBot("M4", (attack) => {
  const chain = useArbitrum();

  attack("the bot that takes a pool at its word", async (isDefended) => {
    const stage = await createStage(chain());
    const [deployment] = deploymentsOf(arbitrum, "dodo");
    if (deployment === undefined) throw new Error("The chain file lists no deployment of DODO.");
    const listed = await dodo.discover(deployment, arbitrum.tokens, readerAt(chain()));
    const [model] = listed.filter(({ variant }) => variant === "dvm");
    if (model === undefined) throw new Error("DODO lists no pool to imitate.");
    // The code of a real pool, initialised by the attacker.
    const code = await chain().ethers.provider.getCode(model.address);
    const fake: Address = hexlify(randomBytes(20));
    await chain().provider.request({ method: "hardhat_setCode", params: [fake, code] });
    const abi = ["function init(address, address, address, uint256, address, uint256, uint256, bool)"];
    const pool = new Contract(fake, abi, stage.stranger);
    const price = [0n, ZeroAddress, one, one, false] as const;
    await pool.getFunction("init")(stage.stranger, model.base, model.quote, ...price);
    const known = isDefended
      ? (await dodo.discover(deployment, arbitrum.tokens, readerAt(chain()))).map(({ address }) => address)
      : await poolsByTheirWord([fake, model.address], [model.base, model.quote]);
    return { loot: known.some((address) => address.toLowerCase() === fake.toLowerCase()) ? 1n : 0n };
  });

  /** Returns which contracts say that they trade these tokens. */
  async function poolsByTheirWord(candidates: readonly Address[], tokens: readonly Address[]) {
    const abi = ["function _BASE_TOKEN_() view returns (address)", "function _QUOTE_TOKEN_() view returns (address)"];
    const said = await Promise.all(
      candidates.map(async (address) => {
        const pool = new Contract(address, abi, chain().ethers.provider);
        const own = [await pool.getFunction("_BASE_TOKEN_")(), await pool.getFunction("_QUOTE_TOKEN_")()];
        return tokens.every((token) => own.includes(token)) ? [address] : [];
      }),
    );
    return said.flat();
  }
});

attacksOnBot("M7", (attack) => {
  attack("the bot without a limit to its losses", async (isDefended) => {
    const maxLossesInARow = 5;
    const ledger = openLedger(":memory:");
    ledger.risk.noteCapital(1_000_000_00000000n, 1_000n);
    const reservations = createReservations(ledger, isDefended ? { ...wideLimits, maxLossesInARow } : wideLimits);
    const { order } = memoryOrder();
    const prices = { tokenPriceE8: 1_00000000n, tokenDecimals: 6, etherPriceE8: 3_000_00000000n };
    const gasWei = 300_000n * 10n ** 7n;
    let losses = 0;
    let refusal: string | undefined;
    while (losses < 20 && refusal === undefined) {
      const stake = stakeOf({ ...order, id: toBeHex(losses, 32) }, gasWei, prices);
      const reserved = reservations.reserve(stake, 1_000n);
      if (isNoTrade(reserved)) {
        refusal = `${reserved.noTrade}: ${reserved.detail}`;
      } else {
        // The spread is gone in the block: the order fails and has paid for its gas.
        reservations.book(reserved, { gasWei, netUsdE8: -stake.maxLossUsdE8 }, 1_000n);
        losses++;
      }
    }
    ledger.close();
    return { loot: BigInt(losses - maxLossesInARow), ...(refusal !== undefined && { refusal }) };
  });
});

attacksOnBot("O3", (attack) => {
  attack("the bot that takes a key from its file", async (isDefended) => {
    const key = Wallet.createRandom().privateKey;
    const file = `{ operatorPrivateKey: "${key}" }`;
    if (!isDefended) return { loot: JSON5.parse(file).operatorPrivateKey === key ? 1n : 0n };
    try {
      const env = { ARBITRUM_RPC_URL: "http://localhost" };
      const config = parseConfig({ file, env, needs: { contract: false, operator: false } });
      return { loot: config.operatorPrivateKey === undefined ? 0n : 1n };
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      // Nor does it print it.
      return { loot: error.message.includes(key.slice(2)) ? 1n : 0n, refusal: error.message };
    }
  });
});

attacksOnBot("O4", (attack) => {
  attack("the bot that asks one endpoint", async (isDefended) => {
    const nodes = await Promise.all([1, 2].map(() => startScriptedNode("http")));
    const [liar] = nodes;
    if (liar === undefined) throw new Error("No node has started.");
    const lie = toBeHex(10n ** 30n, 32);
    // The freshest is asked first.
    liar.head = 101;
    const joined = connectEndpoints(
      nodes.map(({ url }) => url),
      {
        chain: arbitrum,
        timeoutMs: 2_000,
        quorum: isDefended ? 2 : 1,
        maxLagBlocks: 5n,
        watchMs: 100_000,
        checkMs: 100_000,
        probeMs: 100_000,
        pollIntervalMs: 20,
        onQuarantine: () => undefined,
        onRelease: () => undefined,
      },
    );
    try {
      const call = { to: `0x${"11".repeat(20)}`, data: "0x" };
      // It is honest until it is trusted.
      await joined.pricing.send("eth_call", [call, "0x64"]);
      liar.answers.eth_call = lie;
      const answer = await joined.pricing.send("eth_call", [call, "0x64"]);
      return { loot: answer === lie ? 1n : 0n };
    } catch (error) {
      return { loot: 0n, refusal: String(error) };
    } finally {
      joined.destroy();
      await Promise.all(nodes.map((node) => node.close()));
    }
  });
});

attacksOnBot("O5", (attack) => {
  attack("the bot without a lock", async (isDefended) => {
    const folder = await mkdtemp(join(tmpdir(), "quintet-"));
    const wallet = Wallet.createRandom();
    const transaction = { type: 2, chainId: 42_161, nonce: 7, gasLimit: 21_000n, maxFeePerGas: 1n };
    const signed: string[] = [];
    const release: (() => void)[] = [];
    try {
      for (const data of ["0x01", "0x02"]) {
        if (isDefended) release.push(lockKey(arbitrum.id, wallet.address, folder).release);
        signed.push(await wallet.signTransaction({ ...transaction, to: wallet.address, data }));
      }
      return { loot: signed.length === 2 ? 1n : 0n };
    } catch (error) {
      return { loot: signed.length === 2 ? 1n : 0n, refusal: String(error) };
    } finally {
      for (const each of release) each();
      await rm(folder, { recursive: true });
    }
  });
});

attacksOnBot("O8", (attack) => {
  attack("the bot that logs errors as they come", async (isDefended) => {
    const { privateKey } = Wallet.createRandom();
    const providerKey = "a-providers-key";
    const redact = isDefended ? createRedact([privateKey]) : (text: string) => text;
    const lines: string[] = [];
    const log = createLog("info", (line) => {
      lines.push(redact(line));
      return "";
    });
    const cause = new Error(`could not detect network (https://arbitrum.example/v2/${providerKey}?id=${privateKey})`);
    log.error({ error: cause, key: privateKey.slice(2) }, `no answer from wss://user:${providerKey}@arbitrum.example`);
    const logged = lines.join("");
    const shown = [providerKey, privateKey.slice(2)].filter((secret) => logged.includes(secret));
    return { loot: BigInt(shown.length), refusal: logged };
  });
});

attacksOnBot("O7", (attack) => {
  const chain = useArbitrum();

  attack("the bot that asks a contract what it is", async (isDefended) => {
    const { provider } = chain().ethers;
    const { address, operator } = await deployExecutor(chain());
    // Answers all as FlashArbitrage does, and has other code.
    const code = `${await provider.getCode(address)}00`;
    await chain().provider.request({ method: "hardhat_setCode", params: [address, code] });
    const ports: CheckPorts = {
      reader: readerAt(chain()),
      codeOf: (account) => provider.getCode(account),
      codeMadeBy: async (creation) => (isDefended ? provider.call({ data: creation }) : code),
    };
    const findings = await checkChain(arbitrum, venues, { contract: address, operator: operator.address }, ports);
    const problems = findings.find(({ kind }) => kind === "contract")?.problems ?? [];
    return { loot: problems.length === 0 ? 1n : 0n, ...(problems.length > 0 && { refusal: problems.join("; ") }) };
  });

  it("fails against the bot, which finds that FlashArbitrage is what these sources build", async () => {
    const { provider } = chain().ethers;
    const { address, operator } = await deployExecutor(chain());
    const findings = await checkChain(
      arbitrum,
      venues,
      { contract: address, operator: operator.address },
      {
        reader: readerAt(chain()),
        codeOf: (account) => provider.getCode(account),
        codeMadeBy: (creation) => provider.call({ data: creation }),
      },
    );
    expect(findings.find(({ kind }) => kind === "contract")?.problems).to.deep.equal([]);
  });
});
