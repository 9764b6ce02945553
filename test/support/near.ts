/** Whether two doubles are this near to each other. Hardhat's `closeTo` takes integers only. */
export function isNear(value: number, target: number, tolerance: number): boolean {
  return Math.abs(value - target) <= tolerance;
}
