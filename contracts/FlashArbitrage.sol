// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { SafeERC20 } from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import { Administration } from "./base/Administration.sol";
import { Purpose } from "./base/Announcements.sol";
import { Lending } from "./base/Lending.sol";
import { RouteRunner } from "./base/RouteRunner.sol";
import {
    Hop,
    IFlashArbitrage,
    Lender,
    Loan,
    OperatorLoanCap,
    Order,
    Protocols
} from "./interfaces/IFlashArbitrage.sol";
import { ConcentratedPool } from "./libraries/ConcentratedPool.sol";
import { Token } from "./libraries/Token.sol";

/// @title FlashArbitrage
/// @notice Atomic arbitrage across seven call patterns, with money from eight lenders: see {IFlashArbitrage}.
/// @dev Every external function is in this file, in {Administration}, in {Lending} or in the OpenZeppelin contracts that
/// it inherits from: the other contracts of `base` and the libraries of venues and lenders have internal functions only.
contract FlashArbitrage is Administration, Lending, RouteRunner {
    using SafeERC20 for IERC20;

    /// @dev The balance of the loan's token before the loan of the execution under way arrived: not the route's to spend.
    uint256 private transient _balanceBefore;

    /// @dev What the lender of the execution under way takes on top of the amount.
    uint256 private transient _fee;

    constructor(
        address owner_,
        address treasury_,
        address guardian_,
        address[] memory operators,
        OperatorLoanCap[] memory caps,
        Protocols memory protocols_
    )
        Administration(owner_, treasury_, guardian_, operators, caps)
        Lending(protocols_)
        RouteRunner(protocols_.dodoApprove, protocols_.weth)
    {}

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
        if (deadline < block.timestamp) revert DeadlinePassed(deadline, block.timestamp);
        _validateLoan(loan);
        _validate(loan, hops);

        address token = loan.token;
        uint256 balanceBefore = Token.balance(token);
        _balanceBefore = balanceBefore;
        if (loan.lender == uint8(Lender.Operator)) _tradeOwn(loan, msg.data[4:]);
        else _borrow(loan, msg.data[4:]);

        // Measured again after the lender has been paid: a token may charge its sender on top.
        uint256 balanceAfter = Token.balance(token);
        _requireProfit(int256(balanceAfter) - int256(balanceBefore), minProfit);
        profit = balanceAfter - balanceBefore;
        IERC20(token).safeTransfer(_treasury, profit);
        emit Arbitrage(id, token, loan.lender, loan.amount, _fee, profit);
    }

    /// @dev Takes the loan from the operator's wallet, as far as the owner allows, and gives it back.
    function _tradeOwn(Loan calldata loan, bytes calldata payload) private {
        uint256 cap = operatorLoanCap[loan.token];
        if (loan.amount > cap) revert OperatorLoanAboveCap(loan.token, loan.amount, cap);
        IERC20(loan.token).safeTransferFrom(msg.sender, address(this), loan.amount);
        _trade(_orderOf(payload), 0);
        IERC20(loan.token).safeTransfer(msg.sender, loan.amount);
    }

    /* CALLBACKS */

    /// @notice Pays a pool of Uniswap V3, and of the forks that kept the name, for the hop under way.
    /// @dev Requirements: announced by the hop.
    function uniswapV3SwapCallback(int256 amount0Delta, int256 amount1Delta, bytes calldata data) external {
        _paySwap(amount0Delta, amount1Delta, data);
    }

    /// @notice Pays a pool of PancakeSwap V3.
    /// @dev Requirements: announced by the hop.
    function pancakeV3SwapCallback(int256 amount0Delta, int256 amount1Delta, bytes calldata data) external {
        _paySwap(amount0Delta, amount1Delta, data);
    }

    /// @notice Pays a pool of Ramses CL.
    /// @dev Requirements: announced by the hop.
    function ramsesV2SwapCallback(int256 amount0Delta, int256 amount1Delta, bytes calldata data) external {
        _paySwap(amount0Delta, amount1Delta, data);
    }

    /// @notice Pays a pool of Algebra.
    /// @dev Requirements: announced by the hop.
    function algebraSwapCallback(int256 amount0Delta, int256 amount1Delta, bytes calldata data) external {
        _paySwap(amount0Delta, amount1Delta, data);
    }

    /// @dev Which of the four names the pool uses does not matter: each can be taken for the same payment, once.
    function _paySwap(int256 amount0, int256 amount1, bytes calldata data) private {
        _consume(Purpose.PaySwap, data);
        ConcentratedPool.pay(msg.sender, amount0, amount1, data);
    }

    /// @inheritdoc Lending
    function _tradeLoan(address token, uint256 amount, uint256 fee, bytes calldata payload) internal override {
        Order calldata order = _orderOf(payload);
        if (token != order.loan.token || amount != order.loan.amount) revert UnexpectedLoan(token, amount);
        _trade(order, fee);
    }

    /// @dev Runs the hops, and checks that they pay the lender's claim and the least profit.
    function _trade(Order calldata order, uint256 fee) private {
        uint256 delivered = _run(order.loan, order.hops, _balanceBefore);
        _requireProfit(int256(delivered) - int256(order.loan.amount) - int256(fee), order.minProfit);
        // Also where it is zero: an order before this one in the same transaction may have left its own.
        _fee = fee;
    }

    /// @dev A route that earns nothing fails even where `minProfit` is zero: it would only cost gas.
    function _requireProfit(int256 profit, uint256 minProfit) private pure {
        if (profit <= 0 || uint256(profit) < minProfit) revert InsufficientProfit(profit, minProfit);
    }

    /* VIEWS */

    /// @inheritdoc IFlashArbitrage
    function protocols() external view returns (Protocols memory) {
        return
            Protocols({
                aaveV3: AAVE_V3,
                balancerV2: BALANCER_V2,
                morphoBlue: MORPHO_BLUE,
                balancerV3: BALANCER_V3,
                dodoApprove: DODO_APPROVE,
                weth: WETH
            });
    }
}
