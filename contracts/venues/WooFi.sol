// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import { Answer, Intake, Swap, SwapLib } from "../libraries/Swap.sol";

/// @notice The part of WOOFi's router, and of its pool, that a hop uses: the oracle is the pool's.
interface IWooSwap {
    function swap(
        address fromToken,
        address toToken,
        uint256 fromAmount,
        uint256 minToAmount,
        address payable to,
        address rebateTo
    ) external payable returns (uint256 realToAmount);

    function wooracle() external view returns (address);
}

/// @notice The part of WOOFi's oracle that tells what was posted for a base token.
interface IWooracle {
    /// @return price Of the base in the quote token, with 8 decimals.
    function infos(address base) external view returns (uint128 price);

    /// @return isFresh Whether the pool trades at that price, and not at Chainlink's or not at all.
    function isWoFeasible(address base) external view returns (bool isFresh);
}

/// @title WooFi
/// @notice The call patterns of WOOFi. Where the target is its pool, which takes what was sent to it, `Hop.data` is empty, or
/// `abi.encodePacked(bool sellsBase, uint160 limit)`: see {checkPrice}. Where it is its router, `Hop.data` is
/// `abi.encode(bool nativeIn, bool nativeOut)`, which say whether WETH is swapped as ether.
library WooFi {
    /// @dev How WOOFi names ether: woonetwork/WooPoolV2 `WooRouterV2.ETH_PLACEHOLDER_ADDR`.
    address private constant ETHER = 0xEeeeeEeeeEeEeeEeEeEeeEEEeeeeEeeeeeeeEEeE;
    uint256 private constant LIMITED_BYTES = 21;

    function encode(Swap memory swap, bytes calldata data, address weth) internal view {
        (address tokenIn, address tokenOut) = (swap.tokenIn, swap.tokenOut);
        if (takesSent(data)) {
            return SwapLib.sent(swap, Answer.Amount, _swap(tokenIn, tokenOut, swap.amountIn, swap.recipient));
        }
        if (data.length != 64) SwapLib.invalidData(swap);
        (bool nativeIn, bool nativeOut) = abi.decode(data, (bool, bool));
        if ((nativeIn && tokenIn != weth) || (nativeOut && tokenOut != weth)) SwapLib.invalidData(swap);
        if (nativeIn) tokenIn = ETHER;
        if (nativeOut) tokenOut = ETHER;
        SwapLib.pulledBy(swap, swap.target, _swap(tokenIn, tokenOut, swap.amountIn, address(this)));
        if (nativeIn) swap.intake = Intake.Ether;
        swap.nativeOut = nativeOut;
    }

    function takesSent(bytes calldata data) internal pure returns (bool) {
        return data.length == 0 || data.length == LIMITED_BYTES;
    }

    function limitOf(bytes calldata data) internal pure returns (uint160) {
        return data.length == LIMITED_BYTES ? uint160(bytes20(data[1:])) : 0;
    }

    /// @notice Reverts where the price that was posted for the base is worse than `limit`, unless it is too old to count.
    /// @param limit The worst price of the base in the quote token, in the oracle's decimals.
    function checkPrice(Swap memory swap, bool sellsBase, uint160 limit) internal view {
        (uint256 oracle, ) = SwapLib.read(swap, abi.encodeCall(IWooSwap.wooracle, ()), 1);
        swap.target = address(uint160(oracle));
        address base = sellsBase ? swap.tokenIn : swap.tokenOut;
        (uint256 isFresh, ) = SwapLib.read(swap, abi.encodeCall(IWooracle.isWoFeasible, (base)), 1);
        if (isFresh == 0) return;
        (uint256 price, ) = SwapLib.read(swap, abi.encodeCall(IWooracle.infos, (base)), 1);
        SwapLib.requirePrice(swap, price, limit, sellsBase);
    }

    /// @dev No minimum: the route is accepted or rejected as a whole, by its profit. No rebate account.
    function _swap(
        address tokenIn,
        address tokenOut,
        uint256 amountIn,
        address recipient
    ) private pure returns (bytes memory) {
        return abi.encodeCall(IWooSwap.swap, (tokenIn, tokenOut, amountIn, 0, payable(recipient), address(0)));
    }
}
