// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import { IDodoFeeRouteProxy, IDodoPool } from "../interfaces/IDodo.sol";
import { Answer, Swap, SwapLib } from "../libraries/Swap.sol";

/// @title Dodo
/// @notice The call patterns of DODO: `Hop.data` is a selector and the arguments that go with it. Where the target is a pool,
/// it is the selector of `sellBase` or `sellQuote` alone, or `abi.encodePacked(bytes4 selector, uint160 limit)`: the worst
/// price of the base in the quote token at which to begin, as `getMidPrice` tells it. Where it is the fee route proxy, it is
/// - `mixSwap`: `(address[] mixAdapters, address[] mixPairs, address[] assetTo, uint256 directions, bytes[] moreInfos,
///   bytes feeData)`
/// - `externalSwap`: `(address approveTarget, address swapTarget, bytes feeData, bytes callDataConcat)`
/// @dev Warning: `callDataConcat` fixes an amount. What the swap target does not take of the hop's input stays in the
/// proxy: the route earns that much less.
library Dodo {
    // Both minimums are the least that the proxy accepts: the route is accepted or rejected as a whole, by its profit.
    uint256 private constant MIN_RETURN_AMOUNT = 1;

    function encode(Swap memory swap, bytes calldata data, address dodoApprove) internal view {
        bytes4 selector = bytes4(data);
        if (takesSent(data)) return SwapLib.sent(swap, Answer.Amount, abi.encodeWithSelector(selector, swap.recipient));
        bytes memory payload;
        if (selector == IDodoFeeRouteProxy.mixSwap.selector) payload = _mixSwap(swap, data);
        else if (selector == IDodoFeeRouteProxy.externalSwap.selector) payload = _externalSwap(swap, data);
        else SwapLib.invalidData(swap);
        SwapLib.pulledBy(swap, dodoApprove, payload);
    }

    function takesSent(bytes calldata data) internal pure returns (bool) {
        if (data.length != 4 && data.length != 24) return false;
        bytes4 selector = bytes4(data);
        return selector == IDodoPool.sellBase.selector || selector == IDodoPool.sellQuote.selector;
    }

    function limitOf(bytes calldata data) internal pure returns (uint160) {
        return data.length == 24 && takesSent(data) ? uint160(bytes20(data[4:])) : 0;
    }

    function checkPrice(Swap memory swap, bytes calldata data, uint160 limit) internal view {
        (uint256 price, ) = SwapLib.read(swap, abi.encodeCall(IDodoPool.getMidPrice, ()), 1);
        SwapLib.requirePrice(swap, price, limit, bytes4(data) == IDodoPool.sellBase.selector);
    }

    function _mixSwap(Swap memory swap, bytes calldata data) private view returns (bytes memory) {
        if (data.length < 4 + 6 * 32) SwapLib.invalidData(swap);
        return
            bytes.concat(
                IDodoFeeRouteProxy.mixSwap.selector,
                abi.encode(
                    swap.tokenIn,
                    swap.tokenOut,
                    swap.amountIn,
                    MIN_RETURN_AMOUNT,
                    _moved(data, 0),
                    _moved(data, 1),
                    _moved(data, 2),
                    _word(data, 3),
                    _moved(data, 4),
                    _moved(data, 5),
                    block.timestamp
                ),
                data[4 + 6 * 32:]
            );
    }

    function _externalSwap(Swap memory swap, bytes calldata data) private view returns (bytes memory) {
        if (data.length < 4 + 4 * 32) SwapLib.invalidData(swap);
        return
            bytes.concat(
                IDodoFeeRouteProxy.externalSwap.selector,
                abi.encode(
                    swap.tokenIn,
                    swap.tokenOut,
                    _word(data, 0),
                    _word(data, 1),
                    swap.amountIn,
                    MIN_RETURN_AMOUNT,
                    _moved(data, 2),
                    _moved(data, 3),
                    block.timestamp
                ),
                data[4 + 4 * 32:]
            );
    }

    /// @dev Returns a word of the arguments that hop data carries.
    function _word(bytes calldata data, uint256 index) private pure returns (uint256) {
        return uint256(bytes32(data[4 + index * 32:]));
    }

    /// @dev Returns where an argument of variable length lies: its place in the hop's data, moved by the words that the call
    /// has in front of it. Both functions have five words more than the data that goes with them.
    function _moved(bytes calldata data, uint256 index) private pure returns (uint256) {
        return _word(data, index) + 5 * 32;
    }
}
