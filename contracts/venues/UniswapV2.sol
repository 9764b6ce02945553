// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import { Pair } from "../libraries/Pair.sol";
import { Swap, SwapLib } from "../libraries/Swap.sol";

/// @notice The part of a Uniswap V2 router that a hop uses.
interface IUniswapV2Router {
    function swapExactTokensForTokens(
        uint256 amountIn,
        uint256 amountOutMin,
        address[] calldata path,
        address to,
        uint256 deadline
    ) external returns (uint256[] memory amounts);
}

/// @title UniswapV2
/// @notice The call patterns of Uniswap V2, which its forks kept. Where the target is a pair, `Hop.data` is
/// `abi.encodePacked(uint24 feePpm, uint160 limit)`: what the pair keeps of the input in millionths, which a pair does not
/// tell, and a limit as in {Pair.checkPrice}. Where it is a router, `Hop.data` is empty.
library UniswapV2 {
    function encode(Swap memory swap, bytes calldata data) internal view {
        if (takesSent(data)) return Pair.sell(swap, _amountOut(swap, data));
        if (data.length != 0) SwapLib.invalidData(swap);
        address[] memory path = new address[](2);
        (path[0], path[1]) = (swap.tokenIn, swap.tokenOut);
        bytes memory payload = abi.encodeCall(
            IUniswapV2Router.swapExactTokensForTokens,
            // No minimum: the route is accepted or rejected as a whole, by its profit.
            (swap.amountIn, 0, path, address(this), block.timestamp)
        );
        SwapLib.pulledBy(swap, swap.target, payload);
    }

    function takesSent(bytes calldata data) internal pure returns (bool) {
        return data.length == 23;
    }

    function limitOf(bytes calldata data) internal pure returns (uint160) {
        return takesSent(data) ? uint160(bytes20(data[3:])) : 0;
    }

    function checkPrice(Swap memory swap, uint160 limit) internal view {
        Pair.checkPrice(swap, limit);
    }

    /// @dev Uniswap/v2-periphery `UniswapV2Library.getAmountOut`, rounded down as there.
    function _amountOut(Swap memory swap, bytes calldata data) private view returns (uint256) {
        (uint256 reserveIn, uint256 reserveOut) = Pair.reserves(swap);
        uint256 kept = swap.amountIn * (1e6 - uint24(bytes3(data)));
        return (kept * reserveOut) / (reserveIn * 1e6 + kept);
    }
}
