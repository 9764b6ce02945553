// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import { ConcentratedPool } from "../libraries/ConcentratedPool.sol";
import { Swap, SwapLib } from "../libraries/Swap.sol";

/// @notice The part of an Algebra V1 router that a hop uses. The struct has no fee: an Algebra pool sets its own.
interface IAlgebraRouter {
    struct ExactInputSingleParams {
        address tokenIn;
        address tokenOut;
        address recipient;
        uint256 deadline;
        uint256 amountIn;
        uint256 amountOutMinimum;
        uint160 limitSqrtPrice;
    }

    function exactInputSingle(ExactInputSingleParams calldata params) external payable returns (uint256 amountOut);
}

/// @notice The part of an Algebra pool that tells its price, as its first word in every generation.
interface IAlgebraPool {
    function globalState() external view returns (uint160 price);
}

/// @title Algebra
/// @notice The call patterns of Algebra V1. Where the target is a pool, `Hop.data` is `abi.encodePacked(uint160 limit)`: see
/// {ConcentratedPool.checkPrice}. Where it is a router, `Hop.data` is empty.
library Algebra {
    function encode(Swap memory swap, bytes calldata data) internal view {
        if (data.length == 20) return ConcentratedPool.sell(swap);
        if (data.length != 0) SwapLib.invalidData(swap);
        bytes memory payload = abi.encodeCall(
            IAlgebraRouter.exactInputSingle,
            (
                // No minimum: the route is accepted or rejected as a whole, by its profit.
                // No price limit: a pool that stops there leaves input unspent.
                IAlgebraRouter.ExactInputSingleParams({
                    tokenIn: swap.tokenIn,
                    tokenOut: swap.tokenOut,
                    recipient: address(this),
                    deadline: block.timestamp,
                    amountIn: swap.amountIn,
                    amountOutMinimum: 0,
                    limitSqrtPrice: 0
                })
            )
        );
        SwapLib.pulledBy(swap, swap.target, payload);
    }

    function limitOf(bytes calldata data) internal pure returns (uint160) {
        return data.length == 20 ? uint160(bytes20(data)) : 0;
    }

    function checkPrice(Swap memory swap, uint160 limit) internal view {
        ConcentratedPool.checkPrice(swap, IAlgebraPool.globalState.selector, limit);
    }
}
