// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import { IDodoFeeRouteProxy, IDodoPool } from "../interfaces/IDodo.sol";
import { Hop, IFlashArbitrage } from "../interfaces/IFlashArbitrage.sol";
import { Answer, VenueCall, VenueCallLib } from "../libraries/VenueCall.sol";

/// @title Dodo
/// @notice The call patterns of DODO: `Hop.data` is a selector and the arguments that go with it. Where the target is a pool,
/// it is the selector of `sellBase` or `sellQuote` alone. Where it is the fee route proxy, it is
/// - `mixSwap`: `(address[] mixAdapters, address[] mixPairs, address[] assetTo, uint256 directions, bytes[] moreInfos,
///   bytes feeData)`
/// - `externalSwap`: `(address approveTarget, address swapTarget, bytes feeData, bytes callDataConcat)`
/// @dev Warning: `callDataConcat` fixes an amount. What the swap target does not take of the hop's input stays in the
/// proxy: the route earns that much less.
library Dodo {
    // Both minimums are the least that the proxy accepts: the route is accepted or rejected as a whole, by its profit.
    uint256 private constant MIN_RETURN_AMOUNT = 1;

    function encode(
        uint256 index,
        Hop calldata hop,
        address tokenIn,
        uint256 amountIn,
        address recipient,
        address dodoApprove
    ) internal view returns (VenueCall memory) {
        bytes4 selector = bytes4(hop.data);
        if (takesSent(hop))
            return VenueCallLib.sent(recipient, Answer.Amount, abi.encodeWithSelector(selector, recipient));
        bytes memory payload;
        if (selector == IDodoFeeRouteProxy.mixSwap.selector) {
            payload = _mixSwap(hop, tokenIn, amountIn);
        } else if (selector == IDodoFeeRouteProxy.externalSwap.selector) {
            payload = _externalSwap(hop, tokenIn, amountIn);
        } else {
            revert IFlashArbitrage.InvalidHopData(index, hop.venue);
        }
        return VenueCallLib.pulledBy(dodoApprove, payload);
    }

    function takesSent(Hop calldata hop) internal pure returns (bool) {
        if (hop.data.length != 4) return false;
        bytes4 selector = bytes4(hop.data);
        return selector == IDodoPool.sellBase.selector || selector == IDodoPool.sellQuote.selector;
    }

    function _mixSwap(Hop calldata hop, address tokenIn, uint256 amountIn) private view returns (bytes memory) {
        (
            address[] memory mixAdapters,
            address[] memory mixPairs,
            address[] memory assetTo,
            uint256 directions,
            bytes[] memory moreInfos,
            bytes memory feeData
        ) = abi.decode(hop.data[4:], (address[], address[], address[], uint256, bytes[], bytes));
        return
            abi.encodeCall(
                IDodoFeeRouteProxy.mixSwap,
                (
                    tokenIn,
                    hop.tokenOut,
                    amountIn,
                    MIN_RETURN_AMOUNT,
                    mixAdapters,
                    mixPairs,
                    assetTo,
                    directions,
                    moreInfos,
                    feeData,
                    block.timestamp
                )
            );
    }

    function _externalSwap(Hop calldata hop, address tokenIn, uint256 amountIn) private view returns (bytes memory) {
        (address approveTarget, address swapTarget, bytes memory feeData, bytes memory callDataConcat) = abi.decode(
            hop.data[4:],
            (address, address, bytes, bytes)
        );
        return
            abi.encodeCall(
                IDodoFeeRouteProxy.externalSwap,
                (
                    tokenIn,
                    hop.tokenOut,
                    approveTarget,
                    swapTarget,
                    amountIn,
                    MIN_RETURN_AMOUNT,
                    feeData,
                    callDataConcat,
                    block.timestamp
                )
            );
    }
}
