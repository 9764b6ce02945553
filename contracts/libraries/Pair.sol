// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import { Hop, IFlashArbitrage } from "../interfaces/IFlashArbitrage.sol";
import { Answer, VenueCall, VenueCallLib } from "./VenueCall.sol";

/// @notice The part of a pair of two tokens that a hop uses, alike in Uniswap V2 and in every generation of Solidly.
interface IPair {
    function getReserves() external view returns (uint256 reserve0, uint256 reserve1);

    function swap(uint256 amount0Out, uint256 amount1Out, address to, bytes calldata data) external;
}

/// @title Pair
/// @notice Swaps through a pair itself: it is sent the input and asked for an output that its curve still allows.
library Pair {
    /// @notice Returns the call that asks a pair for `amountOut`. A pair's tokens are in the order of their addresses.
    function sell(
        address tokenIn,
        address tokenOut,
        uint256 amountOut,
        address recipient
    ) internal pure returns (VenueCall memory venueCall) {
        (uint256 amount0Out, uint256 amount1Out) = tokenIn < tokenOut
            ? (uint256(0), amountOut)
            : (amountOut, uint256(0));
        // Data would make the pair call back.
        bytes memory payload = abi.encodeCall(IPair.swap, (amount0Out, amount1Out, recipient, ""));
        venueCall = VenueCallLib.sent(recipient, Answer.Nothing, payload);
        venueCall.asked = amountOut;
    }

    /// @notice Returns what the target holds of the hop's input and output by its own books.
    function reserves(
        uint256 index,
        Hop calldata hop,
        address tokenIn
    ) internal view returns (uint256 reserveIn, uint256 reserveOut) {
        (reserveIn, reserveOut) = VenueCallLib.read(index, hop, abi.encodeCall(IPair.getReserves, ()), 2);
        if (tokenIn > hop.tokenOut) (reserveIn, reserveOut) = (reserveOut, reserveIn);
    }

    /// @notice Reverts where the pair holds less of the output for each unit of the input than `limit` says.
    /// @param limit The least ratio of the reserves, output to input, times 2^80. Zero is none.
    function checkPrice(uint256 index, Hop calldata hop, address tokenIn, uint160 limit) internal view {
        if (limit == 0) return;
        (uint256 reserveIn, uint256 reserveOut) = reserves(index, hop, tokenIn);
        uint256 price = reserveIn == 0 ? 0 : (reserveOut << 80) / reserveIn;
        if (price < limit) revert IFlashArbitrage.PriceBeyondLimit(index, price, limit);
    }
}
