export { type Random, seededRandom } from "../../localnet/random.ts";
