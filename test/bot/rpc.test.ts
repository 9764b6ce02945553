import { expect } from "chai";
import { AbiCoder, Interface, makeError } from "ethers";
import { decodeReads, encodeReads } from "../../bot/rpc/multicall.ts";
import { createRedact } from "../../bot/rpc/redact.ts";
import { createAttempt, FatalError, isTransient, RpcError } from "../../bot/rpc/retry.ts";
import { decodeRevert, revertData } from "../../bot/rpc/revert.ts";
import { FlashArbitrage__factory } from "../../types/index.js";

function attempting(retries: number) {
  const counts = { attempts: 0, retries: 0, failures: 0 };
  const attempt = createAttempt({ retries, minDelayMs: 1, counts, onRetry: () => undefined });
  return { attempt, counts };
}

const failing = (error: Error & { code?: string }, times: number) => {
  let calls = 0;
  return async () => {
    calls += 1;
    if (calls <= times) throw error;
    return calls;
  };
};

describe("bot: rpc", () => {
  describe("retries", () => {
    it("tries again while the failure is transient, and counts", async () => {
      const { attempt, counts } = attempting(3);
      const error = Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" });
      expect(await attempt("read", failing(error, 2))).to.equal(3);
      expect(counts).to.deep.equal({ attempts: 1, retries: 2, failures: 0 });
    });

    it("tries again after an answer that is none, such as one that was cut off", async () => {
      const { attempt, counts } = attempting(3);
      const cutOff = makeError("response body is not valid JSON", "UNSUPPORTED_OPERATION", { operation: "bodyJson" });
      expect(await attempt("read", failing(cutOff, 1))).to.equal(2);
      const other = makeError("missing response for request", "BAD_DATA", { value: [] });
      expect(await attempt("read", failing(other, 1))).to.equal(2);
      expect(counts.retries).to.equal(2);
    });

    it("tries again where a node answers that it cannot answer now, whatever a library makes of it", () => {
      const call = (answer: object) =>
        makeError("missing revert data", "CALL_EXCEPTION", { info: { error: answer } } as never);
      for (const answer of [
        { code: -32_603, message: "Internal error" },
        { code: 429, message: "Too Many Requests" },
        { code: -32_000, message: "header not found" },
      ]) {
        expect(isTransient(call(answer)), answer.message).to.equal(true);
      }
      expect(isTransient(call({ code: -32_603, message: "execution reverted" }))).to.equal(false);
      expect(isTransient(call({ code: -32_603, message: "Internal error", data: "0x08c379a0" }))).to.equal(false);
      expect(isTransient(call({ code: -32_000, message: "nonce too low" }))).to.equal(false);
    });

    it("gives up after the last retry with what was attempted and how often", async () => {
      const { attempt, counts } = attempting(2);
      const error = Object.assign(new Error("timeout"), { code: "TIMEOUT" });
      const failure = await attempt("read the block", failing(error, 9)).catch((caught: unknown) => caught);
      expect(failure).to.be.instanceOf(RpcError);
      expect(String(failure)).to.contain("read the block: no answer from the RPC after 3 attempts");
      expect(counts.failures).to.equal(1);
    });

    it("does not repeat a question that the chain has answered", async () => {
      const { attempt, counts } = attempting(5);
      const error = Object.assign(new Error("execution reverted"), { code: "CALL_EXCEPTION" });
      expect(await attempt("call", failing(error, 9)).catch((caught: unknown) => caught)).to.equal(error);
      expect(counts.retries).to.equal(0);
    });

    it("stops for good where the RPC refuses the key", async () => {
      const { attempt } = attempting(5);
      const error = Object.assign(new Error("server response 401"), {
        code: "SERVER_ERROR",
        response: { statusCode: 401 },
      });
      const failure = await attempt("call", failing(error, 9)).catch((caught: unknown) => caught);
      expect(failure).to.be.instanceOf(FatalError);
    });
  });

  describe("messages", () => {
    it("hide secrets, with and without 0x, and everything of a URL but protocol and host", () => {
      const key = `0x${"ab".repeat(32)}`;
      const redact = createRedact([key, "https://node.example/v2/tokentoken"]);
      const text = `key ${key} or ${key.slice(2)} at https://node.example/v2/tokentoken, wss://u:p@other.example/?k=1`;
      expect(redact(text)).to.equal("key *** or *** at https://node.example/***, wss://other.example/***");
    });
  });

  describe("multicall", () => {
    const encode = (results: readonly (readonly [boolean, string])[]) =>
      AbiCoder.defaultAbiCoder().encode(["(bool,bytes)[]"], [results]);

    it("encodes as the contract's own interface does, empty and odd lengths included", () => {
      const abi = new Interface(["function aggregate3((address target, bool allowFailure, bytes callData)[] calls)"]);
      const targets = ["0x82aF49447D8a07e3bd95BD0d56f35241523fBab1", `0x${"00".repeat(20)}`];
      const calls = ["0x", "0x12345678", `0x${"ab".repeat(32)}`, `0x${"cd".repeat(65)}`].map((data, index) => ({
        target: targets[index % 2] ?? "",
        data,
      }));
      for (const count of [0, 1, 4]) {
        const some = calls.slice(0, count);
        const tuples = some.map(({ target, data }) => [target, true, data]);
        expect(encodeReads(some)).to.equal(abi.encodeFunctionData("aggregate3", [tuples]));
      }
    });

    it("decodes what aggregate3 returns, empty and odd lengths included", () => {
      const results = [
        [true, "0x"],
        [false, "0x1234"],
        [true, `0x${"cd".repeat(65)}`],
      ] as const;
      expect(decodeReads(encode(results), 3)).to.deep.equal(results.map(([success, data]) => ({ success, data })));
    });

    it("does not take a short or foreign answer for results", () => {
      expect(() => decodeReads("0x", 1)).to.throw("too few");
      expect(() => decodeReads(encode([[true, "0x"]]), 2)).to.throw("1 results for 2 calls");
    });
  });

  describe("reverts", () => {
    const { interface: abi } = FlashArbitrage__factory.connect(`0x${"00".repeat(20)}`);

    it("name the contract's error with its arguments, and a hop's own reason in words", () => {
      const reason = new Interface(["error Error(string)"]).encodeErrorResult("Error", ["Return amount is not enough"]);
      const error = decodeRevert(abi.encodeErrorResult("HopFailed", [1, 3, reason]), abi);
      expect(error.name).to.equal("HopFailed");
      expect(error.args[0]).to.equal(1n);
      expect(error.text).to.equal('HopFailed(index: 1, venue: 3, reason: "Return amount is not enough")');
    });

    it("fall back to the selector", () => {
      expect(decodeRevert("0x12345678", abi).text).to.equal("0x12345678");
      expect(decodeRevert("0x", abi).text).to.equal("no reason");
    });

    it("are found wherever a provider hides their data", () => {
      expect(revertData({ info: { error: { data: { data: "0x1234" } } } })).to.equal("0x1234");
      expect(revertData(new Error("no connection"))).to.equal(undefined);
    });
  });
});
