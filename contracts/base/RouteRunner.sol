// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { SafeERC20 } from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import { Hop, IFlashArbitrage, Loan, Venue } from "../interfaces/IFlashArbitrage.sol";
import { VenueCall, VenueCallLib } from "../libraries/VenueCall.sol";
import { Algebra } from "../venues/Algebra.sol";
import { Balancer } from "../venues/Balancer.sol";
import { Dodo } from "../venues/Dodo.sol";
import { Solidly } from "../venues/Solidly.sol";
import { UniswapV2 } from "../venues/UniswapV2.sol";
import { UniswapV3 } from "../venues/UniswapV3.sol";
import { WooFi } from "../venues/WooFi.sol";
import { Announcements, Purpose } from "./Announcements.sol";

/// @notice The part of WETH that a hop in ether uses.
interface IWETH {
    function deposit() external payable;

    function withdraw(uint256 amount) external;
}

/// @title RouteRunner
/// @notice Runs the hops of a route with money that has arrived, and measures what each takes and delivers.
abstract contract RouteRunner is Announcements {
    using SafeERC20 for IERC20;
    using VenueCallLib for VenueCall;

    address internal immutable DODO_APPROVE;
    address internal immutable WETH;

    constructor(address dodoApprove, address weth) {
        if (dodoApprove == address(0) || weth == address(0)) revert IFlashArbitrage.InvalidAddress(address(0));
        DODO_APPROVE = dodoApprove;
        WETH = weth;
    }

    /// @dev Spends `loan.amount` in the hops.
    /// @param rest What must be left of the loan's token: its balance before the loan arrived.
    /// @return held What the last hop delivered, in units of the loan's token.
    function _run(Loan calldata loan, Hop[] calldata hops, uint256 rest) internal returns (uint256 held) {
        held = IERC20(loan.token).balanceOf(address(this)) - rest;
        if (held < loan.amount) revert IFlashArbitrage.TransferShort(loan.token, held, loan.amount);
        held = loan.amount;
        address tokenIn = loan.token;
        uint256 gained = 0;
        for (uint256 i = 0; i < hops.length; ++i) {
            Hop calldata hop = hops[i];
            uint256 amountIn = hop.amountIn;
            if (amountIn == 0) amountIn = held;
            else if (amountIn >= held) revert IFlashArbitrage.SplitLeavesNothing(i, amountIn, held);
            held -= amountIn;
            (uint256 amountOut, uint256 balanceOut) = _swap(i, hop, tokenIn, amountIn, rest + held);
            gained += amountOut;
            // What is left of the input is the next hop's, which delivers the same token.
            if (hop.amountIn != 0) continue;
            (tokenIn, held, rest, gained) = (hop.tokenOut, gained, balanceOut - gained, 0);
        }
    }

    /// @dev Spends exactly `amountIn` of `tokenIn` in one hop.
    /// @param restIn What must be left of `tokenIn` afterwards.
    /// @return amountOut What arrived of the hop's output.
    /// @return balanceOut What is there of it afterwards.
    function _swap(
        uint256 index,
        Hop calldata hop,
        address tokenIn,
        uint256 amountIn,
        uint256 restIn
    ) private returns (uint256 amountOut, uint256 balanceOut) {
        VenueCall memory venueCall = _encode(index, hop, tokenIn, amountIn);
        uint256 restOut = IERC20(hop.tokenOut).balanceOf(address(this));
        uint256 restEther = address(this).balance;

        if (venueCall.nativeIn) IWETH(WETH).withdraw(amountIn);
        else if (venueCall.callback.length != 0) _announce(hop.target, Purpose.PaySwap, keccak256(venueCall.callback));
        else IERC20(tokenIn).forceApprove(venueCall.spender, amountIn);
        uint256 reported = venueCall.perform(index, hop, venueCall.nativeIn ? amountIn : 0);
        if (_isAwaited()) revert IFlashArbitrage.HopNotCalledBack(index, hop.target);
        if (venueCall.nativeOut) IWETH(WETH).deposit{ value: address(this).balance - restEther }();

        balanceOut = IERC20(hop.tokenOut).balanceOf(address(this));
        amountOut = balanceOut - restOut;
        if (amountOut < reported) revert IFlashArbitrage.TransferShort(hop.tokenOut, amountOut, reported);
        uint256 left = IERC20(tokenIn).balanceOf(address(this));
        if (left < restIn) revert IFlashArbitrage.HopInputOverspent(index, restIn - left);
        uint256 unspent = left - restIn + address(this).balance - restEther;
        if (unspent != 0) revert IFlashArbitrage.HopInputUnspent(index, unspent);
        // A token can move on a larger allowance than it deducts; what is left of it would outlive the hop.
        if (venueCall.spender != address(0) && IERC20(tokenIn).allowance(address(this), venueCall.spender) != 0) {
            IERC20(tokenIn).forceApprove(venueCall.spender, 0);
        }
    }

    function _encode(
        uint256 index,
        Hop calldata hop,
        address tokenIn,
        uint256 amountIn
    ) private view returns (VenueCall memory) {
        Venue venue = Venue(hop.venue);
        if (venue == Venue.Solidly) return Solidly.encode(index, hop, tokenIn, amountIn);
        if (venue == Venue.Algebra) return Algebra.encode(index, hop, tokenIn, amountIn);
        if (venue == Venue.WooFi) return WooFi.encode(index, hop, tokenIn, amountIn, WETH);
        if (venue == Venue.Dodo) return Dodo.encode(index, hop, tokenIn, amountIn, DODO_APPROVE);
        if (venue == Venue.Balancer) return Balancer.encode(index, hop, tokenIn, amountIn);
        if (venue == Venue.UniswapV2) return UniswapV2.encode(index, hop, tokenIn, amountIn);
        return UniswapV3.encode(index, hop, tokenIn, amountIn);
    }
}
