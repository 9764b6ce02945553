// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { SafeERC20 } from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import { Hop, IFlashArbitrage, Loan, Venue } from "../interfaces/IFlashArbitrage.sol";
import { Intake, VenueCall, VenueCallLib } from "../libraries/VenueCall.sol";
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

/// @notice Where a route stands between two hops.
struct Flow {
    /// @dev What the next hop takes.
    address tokenIn;
    /// @dev Whether `held` lies with the next hop's target, and not in the contract.
    bool sent;
    /// @dev How much of `tokenIn` the route has.
    uint256 held;
    /// @dev What must be left of `tokenIn` in the contract besides: it was there before.
    uint256 rest;
    /// @dev What hops that share an input have delivered so far.
    uint256 gained;
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
    /// @return What the last hop delivered, in units of the loan's token.
    function _run(Loan calldata loan, Hop[] calldata hops, uint256 rest) internal returns (uint256) {
        uint256 received = IERC20(loan.token).balanceOf(address(this)) - rest;
        if (received < loan.amount) revert IFlashArbitrage.TransferShort(loan.token, received, loan.amount);
        Flow memory flow = Flow(loan.token, false, loan.amount, rest, 0);
        for (uint256 i = 0; i < hops.length; ++i) {
            Hop calldata hop = hops[i];
            uint256 amountIn = hop.amountIn;
            if (amountIn == 0) amountIn = flow.held;
            else if (amountIn >= flow.held) revert IFlashArbitrage.SplitLeavesNothing(i, amountIn, flow.held);
            flow.held -= amountIn;
            address recipient = flow.gained == 0 && _takesAllSent(hops, i) ? hops[i + 1].target : address(this);
            VenueCall memory venueCall = _encode(i, hop, flow.tokenIn, amountIn, recipient);
            (uint256 amountOut, uint256 balanceOut) = _swap(i, hop, venueCall, flow, amountIn);
            flow.gained += amountOut;
            // What is left of the input is the next hop's, which delivers the same token.
            if (hop.amountIn != 0) continue;
            flow.sent = venueCall.recipient != address(this);
            flow.rest = flow.sent ? 0 : balanceOut - flow.gained;
            (flow.tokenIn, flow.held, flow.gained) = (hop.tokenOut, flow.gained, 0);
        }
        return flow.held;
    }

    /// @dev Spends exactly `amountIn` in one hop.
    /// @return amountOut What arrived of the hop's output; where it was sent on, what the target says that it sent.
    /// @return balanceOut What is there of it afterwards, where it was not sent on.
    function _swap(
        uint256 index,
        Hop calldata hop,
        VenueCall memory venueCall,
        Flow memory flow,
        uint256 amountIn
    ) private returns (uint256 amountOut, uint256 balanceOut) {
        bool stays = venueCall.recipient == address(this);
        uint256 restOut = stays ? IERC20(hop.tokenOut).balanceOf(address(this)) : 0;
        uint256 restEther = address(this).balance;

        _offer(hop.target, venueCall, flow, amountIn);
        amountOut = venueCall.perform(index, hop, venueCall.intake == Intake.Ether ? amountIn : 0);
        if (_isAwaited()) revert IFlashArbitrage.HopNotCalledBack(index, hop.target);
        if (venueCall.nativeOut) IWETH(WETH).deposit{ value: address(this).balance - restEther }();

        if (stays) {
            balanceOut = IERC20(hop.tokenOut).balanceOf(address(this));
            uint256 reported = amountOut;
            amountOut = balanceOut - restOut;
            if (amountOut < reported) revert IFlashArbitrage.TransferShort(hop.tokenOut, amountOut, reported);
        }
        uint256 unspent = address(this).balance - restEther;
        if (!flow.sent) {
            uint256 left = IERC20(flow.tokenIn).balanceOf(address(this));
            uint256 restIn = flow.rest + flow.held;
            if (left < restIn) revert IFlashArbitrage.HopInputOverspent(index, restIn - left);
            unspent += left - restIn;
        }
        if (unspent != 0) revert IFlashArbitrage.HopInputUnspent(index, unspent);
        // A token can move on a larger allowance than it deducts; what is left of it would outlive the hop.
        address spender = venueCall.spender;
        if (spender != address(0) && IERC20(flow.tokenIn).allowance(address(this), spender) != 0) {
            IERC20(flow.tokenIn).forceApprove(spender, 0);
        }
    }

    /// @dev Puts the input of a hop where its target takes it from.
    function _offer(address target, VenueCall memory venueCall, Flow memory flow, uint256 amountIn) private {
        Intake intake = venueCall.intake;
        if (intake == Intake.Ether) IWETH(WETH).withdraw(amountIn);
        else if (intake == Intake.CalledBack) _announce(target, Purpose.PaySwap, keccak256(venueCall.callback));
        else if (intake == Intake.Pulled) IERC20(flow.tokenIn).forceApprove(venueCall.spender, amountIn);
        else if (!flow.sent) IERC20(flow.tokenIn).safeTransfer(target, amountIn);
    }

    /// @dev Returns whether the hop after hop `index` takes all of its output, and takes it from where it was sent: the output
    /// can go there at once.
    function _takesAllSent(Hop[] calldata hops, uint256 index) private pure returns (bool) {
        if (index + 1 == hops.length || hops[index].amountIn != 0) return false;
        Hop calldata next = hops[index + 1];
        // A target that pays itself may take it for its own.
        if (next.amountIn != 0 || next.target == hops[index].target) return false;
        Venue venue = Venue(next.venue);
        if (venue == Venue.Solidly) return Solidly.takesSent(next);
        if (venue == Venue.WooFi) return WooFi.takesSent(next);
        if (venue == Venue.Dodo) return Dodo.takesSent(next);
        return venue == Venue.UniswapV2 && UniswapV2.takesSent(next);
    }

    function _encode(
        uint256 index,
        Hop calldata hop,
        address tokenIn,
        uint256 amountIn,
        address recipient
    ) private view returns (VenueCall memory) {
        Venue venue = Venue(hop.venue);
        if (venue == Venue.Solidly) return Solidly.encode(index, hop, tokenIn, amountIn, recipient);
        if (venue == Venue.Algebra) return Algebra.encode(index, hop, tokenIn, amountIn, recipient);
        if (venue == Venue.WooFi) return WooFi.encode(index, hop, tokenIn, amountIn, recipient, WETH);
        if (venue == Venue.Dodo) return Dodo.encode(index, hop, tokenIn, amountIn, recipient, DODO_APPROVE);
        if (venue == Venue.Balancer) return Balancer.encode(index, hop, tokenIn, amountIn, recipient);
        if (venue == Venue.UniswapV2) return UniswapV2.encode(index, hop, tokenIn, amountIn, recipient);
        return UniswapV3.encode(index, hop, tokenIn, amountIn, recipient);
    }

    /// @dev Reverts where the price of a hop's pool is beyond the limit that the hop carries.
    function _checkPrice(uint256 index, Hop calldata hop, address tokenIn) internal view {
        Venue venue = Venue(hop.venue);
        if (venue == Venue.Solidly) Solidly.checkPrice(index, hop, tokenIn);
        else if (venue == Venue.Algebra) Algebra.checkPrice(index, hop, tokenIn);
        else if (venue == Venue.UniswapV2) UniswapV2.checkPrice(index, hop, tokenIn);
        else if (venue == Venue.UniswapV3) UniswapV3.checkPrice(index, hop, tokenIn);
    }
}
