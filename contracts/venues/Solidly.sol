// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import { ICamelotRouter, ISolidlyPair, ISolidlyRouter, IVelodromeV2Router } from "../interfaces/ISolidly.sol";
import { Pair } from "../libraries/Pair.sol";
import { Answer, Swap, SwapLib } from "../libraries/Swap.sol";

/// @title Solidly
/// @notice The call patterns of Solidly. Where the target is a pair, `Hop.data` is
/// - `abi.encodePacked(uint160 limit)`: see {Pair.checkPrice}
///
/// and where it is a router
/// - `abi.encode(bool stable)` for Solidly and the forks that kept its three fields
/// - `abi.encode(bool stable, address factory)` for Velodrome V2 and Aerodrome
/// - empty for Camelot V2
library Solidly {
    // No minimum in any of them: the route is accepted or rejected as a whole, by its profit.
    uint256 private constant AMOUNT_OUT_MIN = 0;

    function encode(Swap memory swap, bytes calldata data) internal view {
        if (takesSent(data)) {
            bytes memory question = abi.encodeCall(ISolidlyPair.getAmountOut, (swap.amountIn, swap.tokenIn));
            (uint256 amountOut, ) = SwapLib.read(swap, question, 1);
            return Pair.sell(swap, amountOut);
        }
        bytes memory payload;
        if (data.length == 32) payload = _solidly(swap, data);
        else if (data.length == 64) payload = _velodromeV2(swap, data);
        else if (data.length == 0) payload = _camelot(swap);
        else SwapLib.invalidData(swap);
        SwapLib.pulledBy(swap, swap.target, payload);
        if (data.length == 0) (swap.answer, swap.asked) = (Answer.Nothing, 0);
    }

    function takesSent(bytes calldata data) internal pure returns (bool) {
        return data.length == 20;
    }

    function limitOf(bytes calldata data) internal pure returns (uint160) {
        return takesSent(data) ? uint160(bytes20(data)) : 0;
    }

    function checkPrice(Swap memory swap, uint160 limit) internal view {
        Pair.checkPrice(swap, limit);
    }

    function _solidly(Swap memory swap, bytes calldata data) private view returns (bytes memory) {
        ISolidlyRouter.Route[] memory routes = new ISolidlyRouter.Route[](1);
        routes[0] = ISolidlyRouter.Route(swap.tokenIn, swap.tokenOut, abi.decode(data, (bool)));
        return
            abi.encodeCall(
                ISolidlyRouter.swapExactTokensForTokens,
                (swap.amountIn, AMOUNT_OUT_MIN, routes, address(this), block.timestamp)
            );
    }

    function _velodromeV2(Swap memory swap, bytes calldata data) private view returns (bytes memory) {
        (bool stable, address factory) = abi.decode(data, (bool, address));
        IVelodromeV2Router.Route[] memory routes = new IVelodromeV2Router.Route[](1);
        routes[0] = IVelodromeV2Router.Route(swap.tokenIn, swap.tokenOut, stable, factory);
        return
            abi.encodeCall(
                IVelodromeV2Router.swapExactTokensForTokens,
                (swap.amountIn, AMOUNT_OUT_MIN, routes, address(this), block.timestamp)
            );
    }

    function _camelot(Swap memory swap) private view returns (bytes memory) {
        address[] memory path = new address[](2);
        (path[0], path[1]) = (swap.tokenIn, swap.tokenOut);
        return
            abi.encodeCall(
                ICamelotRouter.swapExactTokensForTokensSupportingFeeOnTransferTokens,
                // No referrer, who would share Camelot's fee.
                (swap.amountIn, AMOUNT_OUT_MIN, path, address(this), address(0), block.timestamp)
            );
    }
}
