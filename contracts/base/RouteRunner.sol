// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { SafeERC20 } from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import { Hop, IFlashArbitrage, Lender, Loan, Venue } from "../interfaces/IFlashArbitrage.sol";
import { Intake, Swap, SwapLib } from "../libraries/Swap.sol";
import { Token } from "../libraries/Token.sol";
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
    address loanToken;
    /// @dev Whether `held` lies with the next hop's target, and not in the contract.
    bool sent;
    /// @dev What must be left of the loan's token in the contract: it was there before the loan.
    uint256 loanRest;
    /// @dev How much the route has of what the next hop takes.
    uint256 held;
    /// @dev What must be left of the next hop's input in the contract besides.
    uint256 rest;
    /// @dev What hops that share an input have delivered so far.
    uint256 gained;
    /// @dev What must be left of their output in the contract besides.
    uint256 restOut;
}

/// @title RouteRunner
/// @notice Runs the hops of a route with money that has arrived, and measures what each takes and delivers.
abstract contract RouteRunner is Announcements {
    using SafeERC20 for IERC20;
    using SwapLib for Swap;

    address internal immutable DODO_APPROVE;
    address internal immutable WETH;

    constructor(address dodoApprove, address weth) {
        if (dodoApprove == address(0) || weth == address(0)) revert IFlashArbitrage.InvalidAddress(address(0));
        DODO_APPROVE = dodoApprove;
        WETH = weth;
    }

    /// @dev Checks what the hops say of each other and of the loan, and the prices that they were made for.
    function _validate(Loan calldata loan, Hop[] calldata hops) internal view {
        if (hops.length == 0) revert IFlashArbitrage.EmptyRoute();
        address loanToken = loan.token;
        address tokenIn = loanToken;
        for (uint256 i = 0; i < hops.length; ++i) {
            Hop calldata hop = hops[i];
            bool misplaced;
            assembly ("memory-safe") {
                // An offset is signed, and can reach beyond zero to the far end.
                misplaced := gt(sub(hop, hops.offset), calldatasize())
            }
            if (misplaced) revert IFlashArbitrage.MisplacedHop(i);
            uint8 venue = hop.venue;
            if (venue > uint8(type(Venue).max)) revert IFlashArbitrage.UnknownVenue(i, venue);
            address tokenOut = hop.tokenOut;
            if (tokenOut == tokenIn) revert IFlashArbitrage.SameToken(i, tokenIn);
            if (_locks(loan, venue, hop.target)) revert IFlashArbitrage.LenderLocksHop(loan.lender, i);
            uint160 limit = _limitOf(venue, hop.data);
            if (limit != 0) _checkPrice(i, hop, tokenIn, limit);
            if (hop.amountIn == 0) tokenIn = tokenOut;
            else if (i + 1 == hops.length || hops[i + 1].tokenOut != tokenOut) {
                revert IFlashArbitrage.SplitUnfinished(i);
            }
        }
        if (tokenIn != loanToken) revert IFlashArbitrage.OpenRoute(loanToken, tokenIn);
    }

    /// @dev Returns whether the lender's lock covers a hop. A pool is locked while it waits for what it lent; where a hop
    /// reaches it through a router, it is the pool that refuses.
    function _locks(Loan calldata loan, uint8 venue, address target) private pure returns (bool) {
        if (loan.lender == uint8(Lender.BalancerV2)) return venue == uint8(Venue.Balancer);
        address source = loan.source;
        return source != address(0) && target == source;
    }

    /// @dev Returns the worst price that a hop goes through its pool for, in the pool's own number, or zero for any.
    function _limitOf(uint8 venue, bytes calldata data) private pure returns (uint160) {
        if (venue == uint8(Venue.UniswapV3)) return UniswapV3.limitOf(data);
        if (venue == uint8(Venue.Solidly)) return Solidly.limitOf(data);
        if (venue == uint8(Venue.UniswapV2)) return UniswapV2.limitOf(data);
        if (venue == uint8(Venue.Algebra)) return Algebra.limitOf(data);
        if (venue == uint8(Venue.Dodo)) return Dodo.limitOf(data);
        return venue == uint8(Venue.Balancer) ? Balancer.limitOf(data) : WooFi.limitOf(data);
    }

    /// @dev Reverts where the price of a hop's pool is beyond its limit.
    function _checkPrice(uint256 index, Hop calldata hop, address tokenIn, uint160 limit) private view {
        uint8 venue = hop.venue;
        Swap memory swap;
        (swap.index, swap.venue, swap.target) = (index, venue, hop.target);
        (swap.tokenIn, swap.tokenOut) = (tokenIn, hop.tokenOut);
        if (venue == uint8(Venue.Solidly)) Solidly.checkPrice(swap, limit);
        else if (venue == uint8(Venue.Algebra)) Algebra.checkPrice(swap, limit);
        else if (venue == uint8(Venue.UniswapV2)) UniswapV2.checkPrice(swap, limit);
        else if (venue == uint8(Venue.Dodo)) Dodo.checkPrice(swap, hop.data, limit);
        else if (venue == uint8(Venue.Balancer)) Balancer.checkPrice(swap, bytes32(hop.data), limit);
        else if (venue == uint8(Venue.WooFi)) WooFi.checkPrice(swap, hop.data[0] != 0, limit);
        else UniswapV3.checkPrice(swap, limit);
    }

    /// @dev Spends `loan.amount` in the hops. Whether it arrived is not asked: what is missing fails a hop, or the profit,
    /// which is the difference to `rest`.
    /// @param rest What must be left of the loan's token: its balance before the loan arrived.
    /// @return What the last hop delivered, in units of the loan's token.
    function _run(Loan calldata loan, Hop[] calldata hops, uint256 rest) internal returns (uint256) {
        Flow memory flow = Flow(loan.token, false, rest, loan.amount, rest, 0, 0);
        Swap memory swap;
        swap.tokenIn = loan.token;
        for (uint256 i = 0; i < hops.length; ++i) {
            uint256 share = _prepare(swap, flow, hops, i);
            _swap(swap, flow);
            // What is left of the input is the next hop's, which delivers the same token.
            if (share != 0) continue;
            swap.tokenIn = swap.tokenOut;
            flow.held = flow.gained;
            flow.sent = swap.recipient != address(this);
            flow.rest = flow.restOut;
            flow.gained = 0;
        }
        return flow.held;
    }

    /// @dev Describes the swap of a hop, and takes what it spends from what the route has.
    /// @return share What the hop spends where it leaves a rest to the next hop, or zero.
    function _prepare(
        Swap memory swap,
        Flow memory flow,
        Hop[] calldata hops,
        uint256 index
    ) private view returns (uint256 share) {
        Hop calldata hop = hops[index];
        share = hop.amountIn;
        uint256 held = flow.held;
        if (share != 0 && share >= held) revert IFlashArbitrage.SplitLeavesNothing(index, share, held);
        swap.amountIn = share == 0 ? held : share;
        flow.held = share == 0 ? 0 : held - share;
        swap.index = index;
        swap.target = hop.target;
        swap.tokenOut = hop.tokenOut;
        bool staysAnyway = share != 0 || flow.gained != 0 || index + 1 == hops.length;
        swap.recipient = staysAnyway ? address(this) : _takerOf(swap.target, hops[index + 1]);
        swap.venue = hop.venue;
        _encode(swap, hop.data);
    }

    /// @dev Spends exactly `swap.amountIn` in one hop, and adds to `flow.gained` what arrived of its output; where it was sent
    /// on, what the target says that it sent.
    function _swap(Swap memory swap, Flow memory flow) private {
        bool stays = swap.recipient == address(this);
        // What is there of the output. Of the loan's token it is known, and so it is after a share.
        if (stays && flow.gained == 0) {
            flow.restOut = swap.tokenOut == flow.loanToken ? flow.loanRest : Token.balance(swap.tokenOut);
        }
        uint256 restEther = address(this).balance;
        Intake intake = swap.intake;
        if (intake == Intake.Ether) IWETH(WETH).withdraw(swap.amountIn);
        else if (intake == Intake.CalledBack) _announce(swap.target, Purpose.PaySwap, keccak256(swap.callback));
        else if (intake == Intake.Pulled) IERC20(swap.tokenIn).forceApprove(swap.spender, swap.amountIn);
        else if (!flow.sent) IERC20(swap.tokenIn).safeTransfer(swap.target, swap.amountIn);

        uint256 amountOut = swap.perform();
        if (intake == Intake.CalledBack && _isAwaited()) {
            revert IFlashArbitrage.HopNotCalledBack(swap.index, swap.target);
        }
        if (swap.nativeOut) IWETH(WETH).deposit{ value: address(this).balance - restEther }();
        if (stays) {
            uint256 reported = amountOut;
            amountOut = Token.balance(swap.tokenOut) - flow.restOut - flow.gained;
            if (amountOut < reported) revert IFlashArbitrage.TransferShort(swap.tokenOut, amountOut, reported);
        }
        flow.gained += amountOut;
        uint256 unspent = address(this).balance - restEther;
        bool isPulled = intake == Intake.Pulled;
        // What was handed on to the target is not here, and what a route takes of the loan's token its profit lacks; only
        // who pulls could take less.
        if (!flow.sent && (isPulled || swap.tokenIn != flow.loanToken)) {
            uint256 left = Token.balance(swap.tokenIn);
            uint256 restIn = flow.rest + flow.held;
            if (left < restIn) revert IFlashArbitrage.HopInputOverspent(swap.index, restIn - left);
            unspent += left - restIn;
        }
        if (unspent != 0) revert IFlashArbitrage.HopInputUnspent(swap.index, unspent);
        // A token can move on a larger allowance than it deducts; what is left of it would outlive the hop.
        if (isPulled && IERC20(swap.tokenIn).allowance(address(this), swap.spender) != 0) {
            IERC20(swap.tokenIn).forceApprove(swap.spender, 0);
        }
    }

    /// @dev Returns who takes the output of a hop: the target of the hop after it, where that takes all of it and takes it
    /// from where it was sent, or this contract.
    function _takerOf(address payer, Hop calldata next) private view returns (address) {
        address target = next.target;
        // A target that pays itself may take it for its own.
        bool isTaker = next.amountIn == 0 && target != payer && _takesSent(next.venue, next.data);
        return isTaker ? target : address(this);
    }

    function _takesSent(uint8 venue, bytes calldata data) private pure returns (bool) {
        if (venue == uint8(Venue.Solidly)) return Solidly.takesSent(data);
        if (venue == uint8(Venue.WooFi)) return WooFi.takesSent(data);
        if (venue == uint8(Venue.Dodo)) return Dodo.takesSent(data);
        return venue == uint8(Venue.UniswapV2) && UniswapV2.takesSent(data);
    }

    function _encode(Swap memory swap, bytes calldata data) private view {
        uint8 venue = swap.venue;
        if (venue == uint8(Venue.Solidly)) Solidly.encode(swap, data);
        else if (venue == uint8(Venue.Algebra)) Algebra.encode(swap, data);
        else if (venue == uint8(Venue.WooFi)) WooFi.encode(swap, data, WETH);
        else if (venue == uint8(Venue.Dodo)) Dodo.encode(swap, data, DODO_APPROVE);
        else if (venue == uint8(Venue.Balancer)) Balancer.encode(swap, data);
        else if (venue == uint8(Venue.UniswapV2)) UniswapV2.encode(swap, data);
        else UniswapV3.encode(swap, data);
    }
}
