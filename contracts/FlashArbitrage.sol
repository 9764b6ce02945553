// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import { IERC20 as IBalancerERC20 } from "@balancer-labs/v2-interfaces/contracts/solidity-utils/openzeppelin/IERC20.sol";
import { IFlashLoanRecipient } from "@balancer-labs/v2-interfaces/contracts/vault/IFlashLoanRecipient.sol";
import { Ownable, Ownable2Step } from "@openzeppelin/contracts/access/Ownable2Step.sol";
import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { SafeERC20 } from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import { Address } from "@openzeppelin/contracts/utils/Address.sol";
import { Pausable } from "@openzeppelin/contracts/utils/Pausable.sol";
import { ReentrancyGuardTransient } from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import { Hop, IFlashArbitrage, Lender, Loan, Protocols, Venue } from "./interfaces/IFlashArbitrage.sol";
import { AaveV3 } from "./lenders/AaveV3.sol";
import { BalancerV2 } from "./lenders/BalancerV2.sol";
import { MorphoBlue } from "./lenders/MorphoBlue.sol";
import { VenueCall, VenueCallLib } from "./libraries/VenueCall.sol";
import { Algebra } from "./venues/Algebra.sol";
import { Balancer } from "./venues/Balancer.sol";
import { Dodo } from "./venues/Dodo.sol";
import { Solidly } from "./venues/Solidly.sol";
import { WooFi } from "./venues/WooFi.sol";

/// @notice The part of WETH that a hop in ether uses.
interface IWETH {
    function deposit() external payable;

    function withdraw(uint256 amount) external;
}

/// @title FlashArbitrage
/// @notice Atomic arbitrage across five call patterns, with money from four lenders: see {IFlashArbitrage}.
/// @dev Every external function is in this file or in the OpenZeppelin contracts that it inherits from: libraries of
/// venues and lenders have internal functions only.
contract FlashArbitrage is IFlashArbitrage, IFlashLoanRecipient, Ownable2Step, Pausable, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;
    using VenueCallLib for VenueCall;

    address private immutable AAVE_V3;
    address private immutable BALANCER_V2;
    address private immutable MORPHO_BLUE;
    address private immutable DODO_APPROVE;
    address private immutable WETH;

    /// @inheritdoc IFlashArbitrage
    address public treasury;

    /// @inheritdoc IFlashArbitrage
    mapping(address account => bool) public isOperator;

    /// @dev Commits to the one loan callback that is awaited: its caller, its purpose and the hash of its payload.
    /// Zero when none is.
    bytes32 private transient _announced;

    /// @dev What the lender of the execution under way takes on top of the amount.
    uint256 private transient _fee;

    constructor(
        address owner_,
        address treasury_,
        address[] memory operators,
        Protocols memory protocols_
    ) Ownable(owner_) {
        if (protocols_.weth == address(0)) revert InvalidAddress(address(0));
        if (protocols_.dodoApprove == address(0)) revert InvalidAddress(address(0));
        AAVE_V3 = protocols_.aaveV3;
        BALANCER_V2 = protocols_.balancerV2;
        MORPHO_BLUE = protocols_.morphoBlue;
        DODO_APPROVE = protocols_.dodoApprove;
        WETH = protocols_.weth;
        _setTreasury(treasury_);
        for (uint256 i = 0; i < operators.length; ++i) _setOperator(operators[i], true);
    }

    /// @notice Accepts ether inside an execution: from WETH, and from the target of a hop that pays in ether.
    /// @dev Who sends it need not be checked: what a hop does not wrap or spend fails the hop.
    receive() external payable {
        if (!_reentrancyGuardEntered()) revert UnexpectedEther(msg.sender);
    }

    /* TRADING */

    /// @inheritdoc IFlashArbitrage
    function execute(
        bytes32 id,
        Loan calldata loan,
        Hop[] calldata hops,
        uint256 minProfit,
        uint256 deadline
    ) external nonReentrant whenNotPaused returns (uint256 profit) {
        if (!isOperator[msg.sender]) revert NotOperator(msg.sender);
        _validate(loan, hops, deadline);

        uint256 balanceBefore = IERC20(loan.token).balanceOf(address(this));
        if (Lender(loan.lender) == Lender.Operator) {
            IERC20(loan.token).safeTransferFrom(msg.sender, address(this), loan.amount);
            _trade(loan, hops, 0, minProfit, balanceBefore);
            IERC20(loan.token).safeTransfer(msg.sender, loan.amount);
        } else {
            _borrow(loan, abi.encode(loan, hops, minProfit, balanceBefore));
        }

        // Measured again after the lender has been paid: a token may charge its sender on top.
        uint256 balanceAfter = IERC20(loan.token).balanceOf(address(this));
        _requireProfit(int256(balanceAfter) - int256(balanceBefore), minProfit);
        profit = balanceAfter - balanceBefore;
        IERC20(loan.token).safeTransfer(treasury, profit);
        emit Arbitrage(id, loan.token, loan.lender, loan.amount, _fee, profit);
    }

    function _validate(Loan calldata loan, Hop[] calldata hops, uint256 deadline) private view {
        if (deadline < block.timestamp) revert DeadlinePassed(deadline, block.timestamp);
        if (loan.amount == 0) revert ZeroAmount();
        if (loan.lender > uint8(type(Lender).max)) revert UnknownLender(loan.lender);
        if (hops.length == 0) revert EmptyRoute();
        address tokenIn = loan.token;
        for (uint256 i = 0; i < hops.length; ++i) {
            Hop calldata hop = hops[i];
            if (hop.venue > uint8(type(Venue).max)) revert UnknownVenue(i, hop.venue);
            if (hop.tokenOut == tokenIn) revert SameToken(i, tokenIn);
            if (Lender(loan.lender) == Lender.BalancerV2 && BalancerV2.locks(Venue(hop.venue))) {
                revert LenderLocksHop(loan.lender, i);
            }
            if (hop.amountIn == 0) tokenIn = hop.tokenOut;
            else if (i + 1 == hops.length || hops[i + 1].tokenOut != hop.tokenOut) revert SplitUnfinished(i);
        }
        if (tokenIn != loan.token) revert OpenRoute(loan.token, tokenIn);
    }

    /// @dev Announces the callback, asks for the loan, and makes sure that the callback came.
    function _borrow(Loan calldata loan, bytes memory payload) private {
        Lender lender = Lender(loan.lender);
        address source =
            lender == Lender.AaveV3
                ? AAVE_V3
                : lender == Lender.BalancerV2
                    ? BALANCER_V2
                    : MORPHO_BLUE;
        if (source == address(0)) revert LenderUnavailable(loan.lender);

        _announced = _commitment(source, lender, keccak256(payload));
        if (lender == Lender.AaveV3) AaveV3.borrow(source, loan.token, loan.amount, payload);
        else if (lender == Lender.BalancerV2) BalancerV2.borrow(source, loan.token, loan.amount, payload);
        else MorphoBlue.borrow(source, loan.token, loan.amount, payload);
        if (_announced != 0) revert LoanNotDelivered(loan.lender);
        // As after a hop: a token that deducts nothing would leave the lender's allowance behind.
        if (IERC20(loan.token).allowance(address(this), source) != 0) IERC20(loan.token).forceApprove(source, 0);
    }

    /* CALLBACKS */

    /// @notice Receives a loan of Aave V3.
    /// @dev Requirements: announced by `execute`, and begun by this contract.
    function executeOperation(
        address asset,
        uint256 amount,
        uint256 premium,
        address initiator,
        bytes calldata params
    ) external returns (bool) {
        _consume(Lender.AaveV3, params);
        if (initiator != address(this)) revert ForeignInitiator(initiator);
        _tradeLoan(asset, amount, premium, params);
        AaveV3.repay(msg.sender, asset, amount + premium);
        return true;
    }

    /// @notice Receives a loan of Balancer V2.
    /// @dev Requirements: announced by `execute`. The vault names no initiator: the announcement is the only proof.
    function receiveFlashLoan(
        IBalancerERC20[] calldata tokens,
        uint256[] calldata amounts,
        uint256[] calldata feeAmounts,
        bytes calldata userData
    ) external override {
        _consume(Lender.BalancerV2, userData);
        address token = address(tokens[0]);
        _tradeLoan(token, amounts[0], feeAmounts[0], userData);
        BalancerV2.repay(msg.sender, token, amounts[0] + feeAmounts[0]);
    }

    /// @notice Receives a loan of Morpho Blue.
    /// @dev Requirements: announced by `execute`. Morpho names neither initiator nor token: the announcement proves both.
    function onMorphoFlashLoan(uint256 assets, bytes calldata data) external {
        _consume(Lender.MorphoBlue, data);
        address token = abi.decode(data, (Loan)).token;
        _tradeLoan(token, assets, 0, data);
        MorphoBlue.repay(msg.sender, token, assets);
    }

    /// @dev Accepts the caller once. Cleared before the payload runs, so that nothing inside it can be taken again.
    function _consume(Lender purpose, bytes calldata payload) private {
        bytes32 announced = _announced;
        _announced = 0;
        if (announced != _commitment(msg.sender, purpose, keccak256(payload))) revert UnannouncedCallback(msg.sender);
    }

    function _commitment(address caller, Lender purpose, bytes32 payloadHash) private pure returns (bytes32) {
        return keccak256(abi.encode(caller, purpose, payloadHash));
    }

    function _tradeLoan(address token, uint256 amount, uint256 fee, bytes calldata payload) private {
        (Loan memory loan, Hop[] memory hops, uint256 minProfit, uint256 balanceBefore) = abi.decode(
            payload,
            (Loan, Hop[], uint256, uint256)
        );
        if (token != loan.token || amount != loan.amount) revert UnexpectedLoan(token, amount);
        _trade(loan, hops, fee, minProfit, balanceBefore);
    }

    /* ROUTE */

    /// @dev Runs the hops with money that has arrived, and checks that they pay the lender's claim and `minProfit`.
    /// @param balanceBefore The balance of the loan's token before the loan arrived: not the route's to spend.
    function _trade(
        Loan memory loan,
        Hop[] memory hops,
        uint256 fee,
        uint256 minProfit,
        uint256 balanceBefore
    ) private {
        uint256 held = IERC20(loan.token).balanceOf(address(this)) - balanceBefore;
        if (held < loan.amount) revert TransferShort(loan.token, held, loan.amount);
        held = loan.amount;
        address tokenIn = loan.token;
        uint256 rest = balanceBefore;
        uint256 gained = 0;
        for (uint256 i = 0; i < hops.length; ++i) {
            Hop memory hop = hops[i];
            uint256 amountIn = hop.amountIn;
            if (amountIn == 0) amountIn = held;
            else if (amountIn >= held) revert SplitLeavesNothing(i, amountIn, held);
            held -= amountIn;
            (uint256 amountOut, uint256 balanceOut) = _swap(i, hop, tokenIn, amountIn, rest + held);
            gained += amountOut;
            // What is left of the input is the next hop's, which delivers the same token.
            if (hop.amountIn != 0) continue;
            (tokenIn, held, rest, gained) = (hop.tokenOut, gained, balanceOut - gained, 0);
        }
        _requireProfit(int256(held) - int256(loan.amount) - int256(fee), minProfit);
        _fee = fee;
    }

    /// @dev Spends exactly `amountIn` of `tokenIn` in one hop.
    /// @param restIn What must be left of `tokenIn` afterwards.
    /// @return amountOut What arrived of the hop's output.
    /// @return balanceOut What is there of it afterwards.
    function _swap(
        uint256 index,
        Hop memory hop,
        address tokenIn,
        uint256 amountIn,
        uint256 restIn
    ) private returns (uint256 amountOut, uint256 balanceOut) {
        VenueCall memory venueCall = _encode(index, hop, tokenIn, amountIn);
        uint256 restOut = IERC20(hop.tokenOut).balanceOf(address(this));
        uint256 restEther = address(this).balance;

        if (venueCall.nativeIn) IWETH(WETH).withdraw(amountIn);
        else IERC20(tokenIn).forceApprove(venueCall.spender, amountIn);
        uint256 reported = venueCall.perform(index, hop, venueCall.nativeIn ? amountIn : 0);
        if (venueCall.nativeOut) IWETH(WETH).deposit{ value: address(this).balance - restEther }();

        balanceOut = IERC20(hop.tokenOut).balanceOf(address(this));
        amountOut = balanceOut - restOut;
        if (amountOut < reported) revert TransferShort(hop.tokenOut, amountOut, reported);
        uint256 left = IERC20(tokenIn).balanceOf(address(this));
        if (left < restIn) revert HopInputOverspent(index, restIn - left);
        uint256 unspent = left - restIn + address(this).balance - restEther;
        if (unspent != 0) revert HopInputUnspent(index, unspent);
        // A token can move on a larger allowance than it deducts; what is left of it would outlive the hop.
        if (!venueCall.nativeIn && IERC20(tokenIn).allowance(address(this), venueCall.spender) != 0) {
            IERC20(tokenIn).forceApprove(venueCall.spender, 0);
        }
    }

    function _encode(
        uint256 index,
        Hop memory hop,
        address tokenIn,
        uint256 amountIn
    ) private view returns (VenueCall memory) {
        Venue venue = Venue(hop.venue);
        if (venue == Venue.Solidly) return Solidly.encode(index, hop, tokenIn, amountIn);
        if (venue == Venue.Algebra) return Algebra.encode(index, hop, tokenIn, amountIn);
        if (venue == Venue.WooFi) return WooFi.encode(index, hop, tokenIn, amountIn, WETH);
        if (venue == Venue.Dodo) return Dodo.encode(index, hop, tokenIn, amountIn, DODO_APPROVE);
        return Balancer.encode(index, hop, tokenIn, amountIn);
    }

    /// @dev A route that earns nothing fails even where `minProfit` is zero: it would only cost gas.
    function _requireProfit(int256 profit, uint256 minProfit) private pure {
        if (profit <= 0 || uint256(profit) < minProfit) revert InsufficientProfit(profit, minProfit);
    }

    /* ADMINISTRATION */

    /// @inheritdoc IFlashArbitrage
    function setOperator(address operator, bool allowed) external onlyOwner {
        _setOperator(operator, allowed);
    }

    /// @inheritdoc IFlashArbitrage
    function setTreasury(address newTreasury) external onlyOwner {
        _setTreasury(newTreasury);
    }

    /// @inheritdoc IFlashArbitrage
    function pause() external onlyOwner {
        _pause();
    }

    /// @inheritdoc IFlashArbitrage
    function unpause() external onlyOwner {
        _unpause();
    }

    /// @inheritdoc IFlashArbitrage
    function sweep(address token) external onlyOwner nonReentrant returns (uint256 amount) {
        if (token == address(0)) {
            amount = address(this).balance;
            Address.sendValue(payable(treasury), amount);
        } else {
            amount = IERC20(token).balanceOf(address(this));
            IERC20(token).safeTransfer(treasury, amount);
        }
        emit Swept(token, treasury, amount);
    }

    function _setOperator(address operator, bool allowed) private {
        if (operator == address(0)) revert InvalidAddress(operator);
        isOperator[operator] = allowed;
        emit OperatorSet(operator, allowed);
    }

    function _setTreasury(address newTreasury) private {
        if (newTreasury == address(0) || newTreasury == address(this)) revert InvalidAddress(newTreasury);
        treasury = newTreasury;
        emit TreasurySet(newTreasury);
    }

    /* VIEWS */

    /// @inheritdoc IFlashArbitrage
    function protocols() external view returns (Protocols memory) {
        return
            Protocols({
                aaveV3: AAVE_V3,
                balancerV2: BALANCER_V2,
                morphoBlue: MORPHO_BLUE,
                dodoApprove: DODO_APPROVE,
                weth: WETH
            });
    }
}
