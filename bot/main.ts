import { existsSync } from "node:fs";

// The contract's bindings are generated. In a new clone they are built first, which takes a minute once.
if (!existsSync(new URL("../types/index.ts", import.meta.url))) {
  process.stderr.write("Building the contracts …\n");
  const { buildContracts } = await import("../localnet/build.ts");
  await buildContracts();
}
const { program } = await import("./commands/program.ts");
await program.parseAsync();
