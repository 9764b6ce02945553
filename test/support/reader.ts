export { readerAt } from "../../localnet/multicall.ts";
