// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { SafeERC20 } from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

/// @title BareCaller
/// @notice Calls routers with ready-made calldata and checks nothing: what a route's swaps cost by themselves.
contract BareCaller {
    struct Step {
        address target;
        bytes payload;
    }

    /// @notice Lets `spender` take any amount, once, before anything is measured.
    function approve(IERC20 token, address spender) external {
        SafeERC20.forceApprove(token, spender, type(uint256).max);
    }

    /// @notice Makes the calls in order.
    function run(Step[] calldata steps) external {
        for (uint256 i = 0; i < steps.length; ++i) {
            (bool success, bytes memory reason) = steps[i].target.call(steps[i].payload);
            if (!success) {
                assembly ("memory-safe") {
                    revert(add(reason, 0x20), mload(reason))
                }
            }
        }
    }
}
