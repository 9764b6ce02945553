// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import { Answer, Swap, SwapLib } from "./Swap.sol";

/// @notice The part of a pair of two tokens that a hop uses, alike in Uniswap V2 and in every generation of Solidly.
interface IPair {
    function getReserves() external view returns (uint256 reserve0, uint256 reserve1);

    function swap(uint256 amount0Out, uint256 amount1Out, address to, bytes calldata data) external;
}

/// @title Pair
/// @notice Swaps through a pair itself: it is sent the input and asked for an output that its curve still allows.
library Pair {
    /// @notice Describes the call that asks a pair for `amountOut`. A pair's tokens are in the order of their addresses.
    function sell(Swap memory swap, uint256 amountOut) internal pure {
        (uint256 amount0Out, uint256 amount1Out) = swap.tokenIn < swap.tokenOut
            ? (uint256(0), amountOut)
            : (amountOut, uint256(0));
        // Data would make the pair call back.
        bytes memory payload = abi.encodeCall(IPair.swap, (amount0Out, amount1Out, swap.recipient, ""));
        SwapLib.sent(swap, Answer.Nothing, payload);
        swap.asked = amountOut;
    }

    /// @notice Returns what the target holds of the hop's input and output by its own books.
    function reserves(Swap memory swap) internal view returns (uint256 reserveIn, uint256 reserveOut) {
        (reserveIn, reserveOut) = SwapLib.read(swap, abi.encodeCall(IPair.getReserves, ()), 2);
        if (swap.tokenIn > swap.tokenOut) (reserveIn, reserveOut) = (reserveOut, reserveIn);
    }

    /// @notice Reverts where the pair holds less of the output for each unit of the input than `limit` says.
    /// @param limit The least ratio of the reserves, output to input, times 2^80.
    function checkPrice(Swap memory swap, uint160 limit) internal view {
        (uint256 reserveIn, uint256 reserveOut) = reserves(swap);
        SwapLib.requireRatio(swap, reserveIn, reserveOut, limit);
    }
}
