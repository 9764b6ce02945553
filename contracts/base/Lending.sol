// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import { IERC20 as IBalancerERC20 } from "@balancer-labs/v2-interfaces/contracts/solidity-utils/openzeppelin/IERC20.sol";
import { IFlashLoanRecipient } from "@balancer-labs/v2-interfaces/contracts/vault/IFlashLoanRecipient.sol";
import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { SafeERC20 } from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import { IFlashArbitrage, Lender, Loan, Order, Protocols } from "../interfaces/IFlashArbitrage.sol";
import { AaveV3 } from "../lenders/AaveV3.sol";
import { BalancerV2 } from "../lenders/BalancerV2.sol";
import { BalancerV3 } from "../lenders/BalancerV3.sol";
import { ConcentratedFlash } from "../lenders/ConcentratedFlash.sol";
import { DodoFlash } from "../lenders/DodoFlash.sol";
import { MorphoBlue } from "../lenders/MorphoBlue.sol";
import { PairFlash } from "../lenders/PairFlash.sol";
import { Announcements, Purpose } from "./Announcements.sol";

/// @title Lending
/// @notice Asks the lender of a loan for it, and receives and repays what it sends.
abstract contract Lending is Announcements, IFlashLoanRecipient {
    using SafeERC20 for IERC20;

    address internal immutable AAVE_V3;
    address internal immutable BALANCER_V2;
    address internal immutable MORPHO_BLUE;
    address internal immutable BALANCER_V3;

    constructor(Protocols memory protocols_) {
        AAVE_V3 = protocols_.aaveV3;
        BALANCER_V2 = protocols_.balancerV2;
        MORPHO_BLUE = protocols_.morphoBlue;
        BALANCER_V3 = protocols_.balancerV3;
    }

    /// @dev Announces the callback, asks for the loan, and makes sure that the callback came.
    /// @param payload The order, which the lender carries to the callback.
    function _borrow(Loan calldata loan, bytes calldata payload) internal {
        uint8 lender = loan.lender;
        address source = _sourceOf(lender, loan.source);
        if (source == address(0)) revert IFlashArbitrage.LenderUnavailable(lender);

        (address token, uint256 amount) = (loan.token, loan.amount);
        // Numbered alike.
        _announce(source, Purpose(lender), _hashOf(payload));
        if (lender == uint8(Lender.AaveV3)) AaveV3.borrow(source, token, amount, payload);
        else if (lender == uint8(Lender.BalancerV2)) BalancerV2.borrow(source, token, amount, payload);
        else if (lender == uint8(Lender.MorphoBlue)) MorphoBlue.borrow(source, token, amount, payload);
        else if (lender == uint8(Lender.ConcentratedFlash)) ConcentratedFlash.borrow(source, token, amount, payload);
        else if (lender == uint8(Lender.PairFlash)) PairFlash.borrow(source, token, amount, payload);
        else if (lender == uint8(Lender.DodoFlash)) DodoFlash.borrow(source, token, amount, payload);
        else BalancerV3.borrow(source, payload);
        if (_isAwaited()) revert IFlashArbitrage.LoanNotDelivered(lender);
        if (lender != uint8(Lender.AaveV3) && lender != uint8(Lender.MorphoBlue)) return;
        // They pull. As after a hop: a token that deducts nothing would leave the lender's allowance behind.
        if (IERC20(token).allowance(address(this), source) != 0) IERC20(token).forceApprove(source, 0);
    }

    function _sourceOf(uint8 lender, address pool) private view returns (address) {
        if (lender == uint8(Lender.AaveV3)) return AAVE_V3;
        if (lender == uint8(Lender.BalancerV2)) return BALANCER_V2;
        if (lender == uint8(Lender.MorphoBlue)) return MORPHO_BLUE;
        return lender == uint8(Lender.BalancerV3) ? BALANCER_V3 : pool;
    }

    /// @dev Checks that a loan names what its lender needs, and nothing that it has not.
    function _validateLoan(Loan calldata loan) internal pure {
        (uint8 lender, address source, uint256 fee) = (loan.lender, loan.source, loan.fee);
        if (loan.amount == 0) revert IFlashArbitrage.ZeroAmount();
        if (lender > uint8(type(Lender).max)) revert IFlashArbitrage.UnknownLender(lender);
        bool isPair = lender == uint8(Lender.PairFlash);
        bool isPool = isPair || lender == uint8(Lender.ConcentratedFlash) || lender == uint8(Lender.DodoFlash);
        if (isPool != (source != address(0)) || (fee != 0 && !isPair)) {
            revert IFlashArbitrage.InvalidLoan(lender, source, fee);
        }
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
        _consume(Purpose.LoanOfAaveV3, params);
        if (initiator != address(this)) revert IFlashArbitrage.ForeignInitiator(initiator);
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
        _consume(Purpose.LoanOfBalancerV2, userData);
        address token = address(tokens[0]);
        _tradeLoan(token, amounts[0], feeAmounts[0], userData);
        BalancerV2.repay(msg.sender, token, amounts[0] + feeAmounts[0]);
    }

    /// @notice Receives a loan of Morpho Blue.
    /// @dev Requirements: announced by `execute`. Morpho names neither initiator nor token: the announcement proves both.
    function onMorphoFlashLoan(uint256 assets, bytes calldata data) external {
        _consume(Purpose.LoanOfMorphoBlue, data);
        address token = _orderOf(data).loan.token;
        _tradeLoan(token, assets, 0, data);
        MorphoBlue.repay(msg.sender, token, assets);
    }

    /// @notice Receives a loan of Balancer V3, which the vault sends when it is asked for inside.
    /// @dev Requirements: announced by `execute`. The vault calls nobody but who unlocks it.
    function onBalancerV3Unlock(bytes calldata payload) external {
        _consume(Purpose.LoanOfBalancerV3, payload);
        Loan calldata loan = _orderOf(payload).loan;
        BalancerV3.take(msg.sender, loan.token, loan.amount);
        _tradeLoan(loan.token, loan.amount, 0, payload);
        BalancerV3.repay(msg.sender, loan.token, loan.amount);
    }

    /// @notice Receives a loan of a pool of Uniswap V3, and of the forks that kept the name.
    /// @dev Requirements, as of the other names: announced by `execute`.
    function uniswapV3FlashCallback(uint256 fee0, uint256 fee1, bytes calldata data) external {
        _receiveFlash(fee0, fee1, data);
    }

    /// @notice Receives a loan of a pool of PancakeSwap V3.
    function pancakeV3FlashCallback(uint256 fee0, uint256 fee1, bytes calldata data) external {
        _receiveFlash(fee0, fee1, data);
    }

    /// @notice Receives a loan of a pool of Ramses CL.
    function ramsesV2FlashCallback(uint256 fee0, uint256 fee1, bytes calldata data) external {
        _receiveFlash(fee0, fee1, data);
    }

    /// @notice Receives a loan of a pool of Algebra.
    function algebraFlashCallback(uint256 fee0, uint256 fee1, bytes calldata data) external {
        _receiveFlash(fee0, fee1, data);
    }

    /// @notice Receives a loan of a pair of Uniswap V2 or Camelot V2, and of the forks that kept the name.
    /// @dev Requirements, as of the names below: announced by `execute`, and begun by this contract.
    function uniswapV2Call(address sender, uint256 amount0, uint256 amount1, bytes calldata data) external {
        _receiveSwap(Purpose.LoanOfPairFlash, sender, amount0, amount1, data);
    }

    /// @notice Receives a loan of a pair of PancakeSwap V2.
    function pancakeCall(address sender, uint256 amount0, uint256 amount1, bytes calldata data) external {
        _receiveSwap(Purpose.LoanOfPairFlash, sender, amount0, amount1, data);
    }

    /// @notice Receives a loan of a pair of Solidly.
    function hook(address sender, uint256 amount0, uint256 amount1, bytes calldata data) external {
        _receiveSwap(Purpose.LoanOfPairFlash, sender, amount0, amount1, data);
    }

    // solhint-disable func-name-mixedcase

    /// @notice Receives a loan of a vending machine of DODO.
    function DVMFlashLoanCall(address sender, uint256 base, uint256 quote, bytes calldata data) external {
        _receiveSwap(Purpose.LoanOfDodoFlash, sender, base, quote, data);
    }

    /// @notice Receives a loan of a private pool of DODO.
    function DPPFlashLoanCall(address sender, uint256 base, uint256 quote, bytes calldata data) external {
        _receiveSwap(Purpose.LoanOfDodoFlash, sender, base, quote, data);
    }

    /// @notice Receives a loan of a stable pool of DODO.
    function DSPFlashLoanCall(address sender, uint256 base, uint256 quote, bytes calldata data) external {
        _receiveSwap(Purpose.LoanOfDodoFlash, sender, base, quote, data);
    }

    // solhint-enable func-name-mixedcase

    /// @dev Which of its names a pool uses does not matter. Nothing was borrowed of its other token, whose fee is zero.
    function _receiveFlash(uint256 fee0, uint256 fee1, bytes calldata data) private {
        _consume(Purpose.LoanOfConcentratedFlash, data);
        _tradeAndReturn(_orderOf(data).loan, fee0 + fee1, data);
    }

    /// @dev Which of its names a pair or a pool uses does not matter. One of the two amounts is zero.
    function _receiveSwap(
        Purpose purpose,
        address sender,
        uint256 amount0,
        uint256 amount1,
        bytes calldata data
    ) private {
        _consume(purpose, data);
        if (sender != address(this)) revert IFlashArbitrage.ForeignInitiator(sender);
        Loan calldata loan = _orderOf(data).loan;
        if (amount0 + amount1 != loan.amount) revert IFlashArbitrage.UnexpectedLoan(loan.token, amount0 + amount1);
        _tradeAndReturn(loan, loan.fee, data);
    }

    function _tradeAndReturn(Loan calldata loan, uint256 fee, bytes calldata payload) private {
        _tradeLoan(loan.token, loan.amount, fee, payload);
        IERC20(loan.token).safeTransfer(msg.sender, loan.amount + fee);
    }

    /// @dev Reads an order where it lies. The payload is what the operator sent: its hash was announced.
    function _orderOf(bytes calldata payload) internal pure returns (Order calldata order) {
        assembly ("memory-safe") {
            order := payload.offset
        }
    }

    /// @dev Runs the order that a loan was asked for, and makes sure that it pays the lender's claim and the least profit.
    function _tradeLoan(address token, uint256 amount, uint256 fee, bytes calldata payload) internal virtual;
}
