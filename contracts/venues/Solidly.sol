// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import { Hop, IFlashArbitrage } from "../interfaces/IFlashArbitrage.sol";
import { VenueCall } from "../libraries/VenueCall.sol";

/// @notice The part of a Solidly router that a hop uses. `Route` has three fields: Velodrome V2's fourth is another ABI.
interface ISolidlyRouter {
    struct Route {
        address from;
        address to;
        bool stable;
    }

    function swapExactTokensForTokens(
        uint256 amountIn,
        uint256 amountOutMin,
        Route[] calldata routes,
        address to,
        uint256 deadline
    ) external returns (uint256[] memory amounts);
}

/// @title Solidly
/// @notice The call pattern of Solidly routers: `Hop.data` is `abi.encode(bool stable)`.
library Solidly {
    function encode(
        uint256 index,
        Hop memory hop,
        address tokenIn,
        uint256 amountIn
    ) internal view returns (VenueCall memory) {
        if (hop.data.length != 32) revert IFlashArbitrage.InvalidHopData(index, hop.venue);
        ISolidlyRouter.Route[] memory routes = new ISolidlyRouter.Route[](1);
        routes[0] = ISolidlyRouter.Route(tokenIn, hop.tokenOut, abi.decode(hop.data, (bool)));
        return
            VenueCall({
                spender: hop.target,
                nativeIn: false,
                nativeOut: false,
                // No minimum: the route is accepted or rejected as a whole, by its profit.
                payload: abi.encodeCall(
                    ISolidlyRouter.swapExactTokensForTokens,
                    (amountIn, 0, routes, address(this), block.timestamp)
                )
            });
    }
}
