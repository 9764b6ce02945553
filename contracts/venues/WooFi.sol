// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import { Hop, IFlashArbitrage } from "../interfaces/IFlashArbitrage.sol";
import { VenueCall, VenueCallLib } from "../libraries/VenueCall.sol";

/// @notice The part of WOOFi's router that a hop uses.
interface IWooRouterV2 {
    function swap(
        address fromToken,
        address toToken,
        uint256 fromAmount,
        uint256 minToAmount,
        address payable to,
        address rebateTo
    ) external payable returns (uint256 realToAmount);
}

/// @title WooFi
/// @notice The call pattern of WOOFi's router: `Hop.data` is `abi.encode(bool nativeIn, bool nativeOut)`, which say
/// whether WETH is swapped as ether.
library WooFi {
    /// @dev How WOOFi names ether: woonetwork/WooPoolV2 `WooRouterV2.ETH_PLACEHOLDER_ADDR`.
    address private constant ETHER = 0xEeeeeEeeeEeEeeEeEeEeeEEEeeeeEeeeeeeeEEeE;

    function encode(
        uint256 index,
        Hop calldata hop,
        address tokenIn,
        uint256 amountIn,
        address weth
    ) internal view returns (VenueCall memory venueCall) {
        if (hop.data.length != 64) revert IFlashArbitrage.InvalidHopData(index, hop.venue);
        (bool nativeIn, bool nativeOut) = abi.decode(hop.data, (bool, bool));
        if ((nativeIn && tokenIn != weth) || (nativeOut && hop.tokenOut != weth)) {
            revert IFlashArbitrage.InvalidHopData(index, hop.venue);
        }
        venueCall = VenueCallLib.pulledBy(
            nativeIn ? address(0) : hop.target,
            // No minimum: the route is accepted or rejected as a whole, by its profit. No rebate account.
            abi.encodeCall(
                IWooRouterV2.swap,
                (
                    nativeIn ? ETHER : tokenIn,
                    nativeOut ? ETHER : hop.tokenOut,
                    amountIn,
                    0,
                    payable(address(this)),
                    address(0)
                )
            )
        );
        venueCall.nativeIn = nativeIn;
        venueCall.nativeOut = nativeOut;
    }
}
